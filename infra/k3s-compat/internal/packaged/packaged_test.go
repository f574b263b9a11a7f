// SPDX-License-Identifier: Apache-2.0

package packaged

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"airgap.dev/k3s-compat/internal/version"
)

var values = Values{
	ClusterDNS: "10.43.0.10", ClusterDomain: "cluster.local", NodeIP: "10.99.0.1", NodeName: "n1",
	LocalStoragePath: "/var/lib/rancher/k3s/storage", SystemDefaultRegistry: "reg.site/",
}

func all(string) bool  { return true }
func none(string) bool { return false }

func TestManifestsHaveNoPlaceholderLeft(t *testing.T) {
	version.CoreDNS = "v1.14.7"
	rendered, err := render(values)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range rendered {
		if strings.Contains(text, "%{") {
			t.Errorf("%s: a placeholder is left:\n%s", name, text)
		}
	}
	for _, want := range []string{"clusterIP: \"10.43.0.10\"", "10.99.0.1 n1", "image: \"reg.site/rancher/mirrored-coredns-coredns:1.14.7\""} {
		if !strings.Contains(rendered["coredns.yaml"], want) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestWriteHonoursDisableSkipAndMissingImages(t *testing.T) {
	const dns, storage, metrics = "coredns.yaml", "local-storage.yaml", "metrics-server/metrics-server-deployment.yaml"
	for _, c := range []struct {
		name     string
		disabled []string
		skip     string
		hasImage func(string) bool
		want     []string
		not      []string
	}{
		{"all", nil, "", all, []string{dns, storage, metrics}, nil},
		{"disabled", []string{"coredns", "metrics-server"}, "", all, []string{storage}, []string{dns, metrics}},
		{"skipped", nil, storage, all, []string{dns, metrics}, []string{storage}},
		{"without images", nil, "", none, []string{dns}, []string{storage, metrics}},
		{"one image is missing", nil, "", func(image string) bool { return !strings.Contains(image, "busybox") }, []string{metrics}, []string{storage}},
	} {
		dir := t.TempDir()
		if c.skip != "" {
			if err := os.WriteFile(filepath.Join(dir, c.skip+".skip"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := Write(dir, c.disabled, values, c.hasImage); err != nil {
			t.Fatal(err)
		}
		for _, name := range c.want {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		for _, name := range c.not {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				t.Errorf("%s: %s was written", c.name, name)
			}
		}
	}
}

// Traefik's kinds and its program must be of one module.
func TestTraefiksKindsAreOfTheVersionThatIsBuilt(t *testing.T) {
	script, err := os.ReadFile("../../build.sh")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("../../../k3s-packaged/traefik/go.sum")
	if err != nil {
		t.Fatal(err)
	}
	used := regexp.MustCompile(`(?s)traefik=(\S+)@(\S+)\n.*?"Sum": "(h1:[^"]+)"`).FindStringSubmatch(string(script))
	if used == nil || !strings.Contains(string(sums), strings.Join(used[1:], " ")+"\n") {
		t.Errorf("build.sh takes Traefik's kinds of %v, which is not in infra/k3s-packaged/traefik/go.sum", used)
	}
}

// The programs are built elsewhere, by the versions of their own go.mod: a tag must say what is in its image.
func TestTagsAreTheVersionsThatAreBuilt(t *testing.T) {
	rendered, err := render(Values{})
	if err != nil {
		t.Fatal(err)
	}
	for file, program := range map[string]struct{ folder, module, image string }{
		"local-storage.yaml":                            {"local-path-provisioner", "github.com/rancher/local-path-provisioner", "rancher/local-path-provisioner"},
		"metrics-server/metrics-server-deployment.yaml": {"metrics-server", "sigs.k8s.io/metrics-server", "rancher/mirrored-metrics-server"},
		"traefik.yaml":                                  {"traefik", "github.com/traefik/traefik/v3", "rancher/mirrored-library-traefik"},
	} {
		mod, err := os.ReadFile(filepath.Join("../../../k3s-packaged", program.folder, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		built := regexp.MustCompile(regexp.QuoteMeta(program.module) + ` v(\S+)`).FindStringSubmatch(string(mod))
		tag := regexp.MustCompile(`image: "` + program.image + `:v?([^"]+)"`).FindStringSubmatch(rendered[file])
		if built == nil || tag == nil || built[1] != tag[1] {
			t.Errorf("%s: built %v, tag %v", file, built, tag)
		}
	}
}
