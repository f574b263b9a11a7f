// SPDX-License-Identifier: Apache-2.0

package nodenet

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestResolvConfFallsBackToAPublicResolver(t *testing.T) {
	for content, usable := range map[string]bool{
		"nameserver 10.0.0.2\n":                       true,
		"search x\nnameserver 2001:db8::53\n":         true,
		"nameserver 127.0.0.53\n":                     false,
		"nameserver 224.0.0.1\n":                      false,
		"nameserver 10.0.0.2\nnameserver 127.0.0.1\n": false,
		"# nameserver 10.0.0.2\n":                     false,
		"":                                            false,
		"nameserver name.example\n":                   false,
	} {
		dir := t.TempDir()
		candidate, own := filepath.Join(dir, "resolv.conf"), filepath.Join(dir, "etc", "own.conf")
		if err := os.WriteFile(candidate, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		want := own
		if usable {
			want = candidate
		}
		got, err := firstUsable([]string{filepath.Join(dir, "missing"), candidate}, own)
		if err != nil || got != want {
			t.Errorf("%q: got %s, %v, want %s", content, got, err, want)
		}
		written, _ := os.ReadFile(own)
		if !usable && string(written) != "nameserver 8.8.8.8\n" {
			t.Errorf("%q: wrote %q", content, written)
		}
	}
}

func TestNthAddressOfANetwork(t *testing.T) {
	for cidr, want := range map[string]string{"10.43.0.0/16": "10.43.0.10", "10.43.0.250/32": "10.43.1.4", "fd43::/112": "fd43::a"} {
		ip, network, err := net.ParseCIDR(cidr)
		if err != nil {
			t.Fatal(err)
		}
		network.IP = ip
		if v4 := ip.To4(); v4 != nil {
			network.IP = v4
		}
		if got := Nth(network, 10).String(); got != want {
			t.Errorf("%s: got %s, want %s", cidr, got, want)
		}
	}
}

func TestFirstPodNetwork(t *testing.T) {
	for cidr, want := range map[string]string{"10.42.0.0/16": "10.42.0.0/24", "10.42.0.0/25": "10.42.0.0/25", "fd42::/56": "fd42::/64"} {
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			t.Fatal(err)
		}
		if got := FirstPodNetwork(network).String(); got != want {
			t.Errorf("%s: got %s, want %s", cidr, got, want)
		}
	}
}
