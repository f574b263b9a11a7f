// SPDX-License-Identifier: Apache-2.0

package token

import (
	"os"
	"regexp"
	"testing"

	"airgap.dev/k3s-compat/internal/paths"
)

func TestTokenIsKeptMadeAndReplaced(t *testing.T) {
	data := paths.Data(t.TempDir())
	read := func(secret string) string {
		t.Helper()
		if err := Write(data, secret, []byte("ca")); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(data.Server("node-token"))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	made := read("")
	if !regexp.MustCompile(`^K10[0-9a-f]{64}::server:[0-9a-f]{32}\n$`).MatchString(made) {
		t.Errorf("made %q", made)
	}
	if again := read(""); again != made {
		t.Errorf("was %q, is %q", made, again)
	}
	if given := read("K10abc::server:hidden"); !regexp.MustCompile(`::server:hidden\n$`).MatchString(given) {
		t.Errorf("got %q", given)
	}
}
