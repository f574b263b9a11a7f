// SPDX-License-Identifier: Apache-2.0

package packaged

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestManifestHasNoPlaceholderLeft(t *testing.T) {
	text := CoreDNS(Values{ClusterDNS: "10.43.0.10", ClusterDomain: "cluster.local", NodeIP: "10.99.0.1", NodeName: "n1", SystemDefaultRegistry: "reg.site/"})
	if strings.Contains(text, "%{") {
		t.Errorf("a placeholder is left:\n%s", text)
	}
	for _, want := range []string{"clusterIP: \"10.43.0.10\"", "10.99.0.1 n1", "image: \"reg.site/rancher/mirrored-coredns-coredns:"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestWriteHonoursDisableAndSkip(t *testing.T) {
	for _, c := range []struct {
		disabled []string
		skip     bool
		want     bool
	}{{nil, false, true}, {[]string{"coredns"}, false, false}, {nil, true, false}} {
		dir := t.TempDir()
		if c.skip {
			if err := os.WriteFile(filepath.Join(dir, "coredns.yaml.skip"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := Write(dir, c.disabled, Values{}); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "coredns.yaml")); (err == nil) != c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
