// SPDX-License-Identifier: Apache-2.0

package registries

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rendered reads content as registries.yaml and gives hosts.toml by folder, without the header.
func rendered(t *testing.T, content string, noDefault bool) (map[string]string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "registries.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := Read(path)
	if err != nil {
		return nil, err
	}
	hosts, err := Hosts(file, noDefault)
	out := map[string]string{}
	for name, host := range hosts {
		out[name] = strings.TrimPrefix(HostsTOML(host), header)
	}
	return out, err
}

func TestHosts(t *testing.T) {
	const mirrors = "mirrors:\n  docker.io:\n    endpoint: [\"https://a.site:5000\", http://b.site]\n"
	const first, second = "\n[host.\"https://a.site:5000/v2\"]\n  capabilities = [\"pull\", \"resolve\"]\n",
		"\n[host.\"http://b.site/v2\"]\n  capabilities = [\"pull\", \"resolve\"]\n"
	for _, c := range []struct {
		name, content string
		noDefault     bool
		want          map[string]string
	}{
		{"a missing server line leaves the registry itself as the last resort", mirrors, false, map[string]string{"docker.io": first + second}},
		{"without default endpoint the last mirror takes its place", mirrors, true, map[string]string{"docker.io": "server = \"http://b.site/v2\"\n" + first}},
		{"the wildcard is containerd's _default", "mirrors: {\"*\": {endpoint: [b.site]}}", false, map[string]string{
			"_default": "\n[host.\"https://b.site/v2\"]\n  capabilities = [\"pull\", \"resolve\"]\n"}},
		{"the switch covers only registries that are listed", "configs: {x.site: {tls: {insecure_skip_verify: true}}}", true, map[string]string{
			"x.site": "server = \"https://x.site/v2\"\nskip_verify = true\n"}},
		{"a listed registry without endpoints is as if it were not listed", "mirrors: {quay.io: {}}", true, map[string]string{}},
		{"a port of localhost is plain HTTP", "mirrors: {quay.io: {endpoint: [\"127.0.0.1:5000\"]}}", true, map[string]string{
			"quay.io": "server = \"http://127.0.0.1:5000/v2\"\n"}},
		{"a path of its own is kept", "mirrors: {quay.io: {endpoint: [\"https://b.site/v2/proxy\"]}}", true, map[string]string{
			"quay.io": "server = \"https://b.site/v2/proxy\"\noverride_path = true\n"}},
		{"a prefix rewrite becomes part of the path", "mirrors: {quay.io: {endpoint: [b.site], rewrite: {\"(.*)\": \"mirror/quay/$1\"}}}", true, map[string]string{
			"quay.io": "server = \"https://b.site/v2/mirror/quay\"\noverride_path = true\n"}},
		{"a mirror speaks TLS as configured for its host", "mirrors: {quay.io: {endpoint: [\"b.site:8443\"]}}\nconfigs: {\"b.site:8443\": {tls: {ca_file: /ca, cert_file: /c, key_file: /k}}}", true, map[string]string{
			"b.site:8443": "server = \"https://b.site:8443/v2\"\nca = [\"/ca\"]\nclient = [[\"/c\", \"/k\"]]\n",
			"quay.io":     "server = \"https://b.site:8443/v2\"\nca = [\"/ca\"]\nclient = [[\"/c\", \"/k\"]]\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := rendered(t, c.content, c.noDefault)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			for folder, want := range c.want {
				if got[folder] != want {
					t.Errorf("%s: got %q, want %q", folder, got[folder], want)
				}
			}
		})
	}
}

func TestWhatCannotBeHonouredIsRefused(t *testing.T) {
	for content, want := range map[string]string{
		"mirrors: {docker.io: {endpoint: [b.site], rewrite: {\"^library/(.*)\": \"hub/$1\"}}}": `rewrite "^library/(.*)": "hub/$1" cannot be honoured`,
		"mirrors: {docker.io: {endpoint: [b.site], rewrite: {\"(.*)\": \"a/$1\", x: y}}}":      "2 rewrites",
		"mirror: {docker.io: {endpoint: [b.site]}}":                                            "field mirror not found",
		"mirrors: {docker.io: {endpoint: [\"https://\"]}}":                                     "no host",
	} {
		if _, err := rendered(t, content, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", content, err, want)
		}
	}
}

func TestCredentialsGoIntoContainerdsOwnConfiguration(t *testing.T) {
	got := AuthTOML(&File{Configs: map[string]Config{
		"b.site": {Auth: &Auth{Username: "u", Password: `p"q`}}, "a.site": {TLS: &TLS{}},
	}})
	const want = "\n[plugins.'io.containerd.cri.v1.images'.registry.configs.\"b.site\".auth]\n  username = \"u\"\n  password = \"p\\\"q\"\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOwnFoldersAreRenewedAndForeignOnesStay(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.site", "hosts.toml")
	if err := os.MkdirAll(filepath.Dir(foreign), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(foreign, []byte("server = \"x\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"old.site", "new.site"} {
		if err := WriteHosts(dir, map[string]Host{name: {Default: &Endpoint{URL: "https://x"}}}); err != nil {
			t.Fatal(err)
		}
	}
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if got := strings.Join(names, " "); got != "foreign.site new.site" {
		t.Errorf("got %s", got)
	}
}
