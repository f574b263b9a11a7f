// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// calls runs a job against a helm that answers with one status, and gives back what it was called with.
func calls(t *testing.T, status string, env map[string]string, root string, args ...string) ([]string, error) {
	t.Helper()
	var called []string
	err := run(readJob(args, func(name string) string { return env[name] }, root), func(ask bool, args ...string) (string, error) {
		if !ask {
			called = append(called, strings.Join(args, " "))
			return "", nil
		}
		switch status {
		case "":
			return "Error: release: not found", errors.New("exit status 1")
		case "no answer":
			return "Error: Kubernetes cluster unreachable", errors.New("exit status 1")
		}
		return `{"info":{"status":"` + status + `"}}`, nil
	})
	return called, err
}

func place(t *testing.T, root, file, content string) {
	t.Helper()
	path := filepath.Join(root, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestJob(t *testing.T) {
	served := map[string]string{
		"NAME": "web", "TARGET_NAMESPACE": "shop", "CHART": "https://%{KUBERNETES_API}%/static/charts/web.tgz",
		"KUBERNETES_SERVICE_HOST": "10.43.0.1", "KUBERNETES_SERVICE_PORT": "443",
	}
	install := "upgrade --install web https://10.43.0.1:443/static/charts/web.tgz --namespace shop --ca-file ROOT/" + serviceAccountCA
	with := func(more map[string]string) map[string]string {
		env := map[string]string{}
		for _, from := range []map[string]string{served, more} {
			for name, value := range from {
				env[name] = value
			}
		}
		return env
	}
	for what, c := range map[string]struct {
		status string
		env    map[string]string
		args   []string
		want   []string
		fails  string
	}{
		"a new one, served by the API server": {"", served, []string{"install"}, []string{install}, ""},
		"one that is there":                   {"deployed", served, []string{"install"}, []string{install}, ""},
		"one that failed is made anew":        {"failed", served, []string{"install"}, []string{"uninstall web --namespace shop", install}, ""},
		"one that failed, tried again":        {"failed", with(map[string]string{"FAILURE_POLICY": "retry"}), []string{"install"}, []string{install}, ""},
		"one that failed, left":               {"failed", with(map[string]string{"FAILURE_POLICY": "abort"}), []string{"install"}, nil, "failurePolicy is abort"},
		"flags, time and conflicts": {
			"", with(map[string]string{"TIMEOUT": "1m0s", "SERVER_SIDE": "true", "FORCE_CONFLICTS": "true", "CONFIG_HASH": "ABC"}),
			[]string{"install", "--namespace", "shop", "--create-namespace", "--set", "a=1"},
			[]string{"upgrade --install web https://10.43.0.1:443/static/charts/web.tgz --namespace shop --create-namespace --set a=1 --ca-file ROOT/" +
				serviceAccountCA + " --timeout 1m0s --server-side=true --force-conflicts --labels helmcharts.helm.cattle.io/configHash=ABC"}, "",
		},
		"of a repository": {
			"", with(map[string]string{"CHART": "web/web", "REPO": "https://charts.example", "INSECURE_SKIP_TLS_VERIFY": "true"}), []string{"install"},
			[]string{
				"repo add web https://charts.example --insecure-skip-tls-verify",
				"upgrade --install web web/web --namespace shop",
			}, "",
		},
		"of a registry": {
			"", with(map[string]string{"CHART": "oci://registry.example/web", "PLAIN_HTTP": "true"}), []string{"install", "--version", "1.2.3"},
			[]string{"upgrade --install web oci://registry.example/web --namespace shop --version 1.2.3 --plain-http"}, "",
		},
		"whether it is there is not known": {"no answer", served, []string{"install"}, nil, "cluster unreachable"},
		"deleted":                          {"deployed", served, []string{"delete"}, []string{"uninstall web --namespace shop --ignore-not-found"}, ""},
		"an action of others":              {"", served, []string{"rollback"}, nil, `"rollback"`},
	} {
		t.Run(what, func(t *testing.T) {
			root := t.TempDir()
			got, err := calls(t, c.status, c.env, root, c.args...)
			for i, call := range got {
				got[i] = strings.ReplaceAll(call, root, "ROOT")
			}
			if (err == nil) != (c.fails == "") || (err != nil && !strings.Contains(err.Error(), c.fails)) {
				t.Fatalf("error %v, want %q", err, c.fails)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("helm was called with\n%q, want\n%q", got, c.want)
			}
		})
	}
}

func TestFiles(t *testing.T) {
	env := map[string]string{"NAME": "web", "TARGET_NAMESPACE": "shop"}
	root := t.TempDir()
	place(t, root, "chart/web.tgz.base64", base64.StdEncoding.EncodeToString([]byte("a chart")))
	place(t, root, "config/values-1-000-HelmChartConfig-ValuesContent.yaml", "")
	place(t, root, "config/values-0-000-HelmChart-ValuesContent.yaml", "")
	place(t, root, "tmp/x", "")
	got, err := calls(t, "", env, root, "install")
	if err != nil {
		t.Fatal(err)
	}
	want := "upgrade --install web ROOT/tmp/web.tgz --namespace shop --values ROOT/config/values-0-000-HelmChart-ValuesContent.yaml --values ROOT/config/values-1-000-HelmChartConfig-ValuesContent.yaml"
	if got := strings.ReplaceAll(strings.Join(got, "\n"), root, "ROOT"); got != want {
		t.Errorf("helm was called with\n%s, want\n%s", got, want)
	}
	if content, err := os.ReadFile(filepath.Join(root, "tmp/web.tgz")); err != nil || string(content) != "a chart" {
		t.Errorf("chart %q, %v", content, err)
	}
	place(t, root, "chart/web.tgz.base64", "no base64!")
	if _, err := calls(t, "", env, root, "install"); err == nil || !strings.Contains(err.Error(), "not base64") {
		t.Errorf("a broken chartContent: %v", err)
	}
}

func TestAccess(t *testing.T) {
	root := t.TempDir()
	place(t, root, "auth/username", "reader\n")
	place(t, root, "auth/password", "secret\n")
	place(t, root, "ca-files/site.pem", "one")
	place(t, root, "ca-files/..data/site.pem", "as the kubelet lays it out")
	place(t, root, "config/ca-file.pem", "two")
	place(t, root, "tmp/x", "")
	env := map[string]string{"NAME": "web", "TARGET_NAMESPACE": "shop", "CHART": "web/web", "REPO": "https://charts.example", "AUTH_PASS_CREDENTIALS": "true"}
	got, err := calls(t, "", env, root, "install")
	if err != nil {
		t.Fatal(err)
	}
	want := "repo add web https://charts.example --ca-file ROOT/tmp/authorities.pem --username reader --password secret --pass-credentials"
	if len(got) != 2 || strings.ReplaceAll(got[0], root, "ROOT") != want {
		t.Errorf("helm was called with\n%q, want first\n%q", got, want)
	}
	if content, err := os.ReadFile(filepath.Join(root, "tmp/authorities.pem")); err != nil || string(content) != "one\ntwo\n" {
		t.Errorf("authorities %q, %v", content, err)
	}
	if told := shown([]string{"--password", "secret", "x"}); told != "--password *** x" {
		t.Errorf("shown: %q", told)
	}
}
