// SPDX-License-Identifier: Apache-2.0

package pki

import (
	"crypto/tls"
	"crypto/x509"
	"path/filepath"
	"testing"
)

func TestAuthorityIsKeptAndItsLeavesVerify(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	first, err := LoadOrCreateAuthority(file("ca.crt"), file("ca.key"), "test-ca")
	if err != nil {
		t.Fatal(err)
	}
	again, err := LoadOrCreateAuthority(file("ca.crt"), file("ca.key"), "test-ca")
	if err != nil || string(again.PEM()) != string(first.PEM()) {
		t.Fatalf("the authority was not kept: %v", err)
	}
	if err := again.Issue(file("a.crt"), file("a.key"), Leaf{CommonName: "a", DNSNames: []string{"a.site"}, Server: true}); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(file("a.crt"), file("a.key"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(first.PEM())
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: "a.site", Roots: roots}); err != nil {
		t.Error(err)
	}
	if _, err := LoadOrCreateAuthority(file("ca.crt"), file("a.key"), "test-ca"); err == nil {
		t.Error("a key that does not belong to the certificate was accepted")
	}
}
