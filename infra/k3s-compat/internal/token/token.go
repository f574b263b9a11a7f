// SPDX-License-Identifier: Apache-2.0

// Package token keeps the secret with which nodes join.
package token

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"strings"

	"airgap.dev/k3s-compat/internal/paths"
)

// Write stores the join token in server/token, with node-token as a link to it, in K3s's full form
// "K10<sha256 of the server's CA certificate>::server:<secret>". secret may be empty (the stored one is kept, or one is
// made), a bare secret, or a token in full form.
func Write(data paths.Data, secret string, serverCA []byte) error {
	file := data.Server("token")
	if secret == "" {
		stored, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		secret = strings.TrimSpace(string(stored))
	}
	if i := strings.LastIndex(secret, "::server:"); i >= 0 {
		secret = secret[i+len("::server:"):]
	}
	if secret == "" {
		random := make([]byte, 16)
		if _, err := rand.Read(random); err != nil {
			return err
		}
		secret = hex.EncodeToString(random)
	}
	sum := sha256.Sum256(serverCA)
	full := "K10" + hex.EncodeToString(sum[:]) + "::server:" + secret + "\n"
	if err := os.MkdirAll(data.Server(), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(full), 0o600); err != nil {
		return err
	}
	link := data.Server("node-token")
	if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink(file, link)
}
