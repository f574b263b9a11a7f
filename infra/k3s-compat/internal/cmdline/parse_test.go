// SPDX-License-Identifier: Apache-2.0

package cmdline

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// config writes a config file and its drop-ins and gives the file's path.
func config(t *testing.T, main string, dropIns map[string]string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	files := map[string]string{file: main}
	for name, content := range dropIns {
		files[filepath.Join(file+".d", name)] = content
	}
	for path, content := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func parse(t *testing.T, args ...string) *Options {
	t.Helper()
	options, err := Parse(args)
	if err != nil {
		t.Fatal(err)
	}
	return options
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDropInsReplaceScalarsAndAppendWithPlus(t *testing.T) {
	file := config(t, "node-name: main\nnode-label: [a=1]\ncluster-domain: first\n", map[string]string{
		"10.yaml": "node-label+: [b=2]\ncluster-domain: second\n",
		"20.yml":  "node-label+: c=3\n",
		"30.txt":  "cluster-domain: third\n",
	})
	options := parse(t, "--config", file)
	same(t, options.NodeLabels.Values(), []string{"a=1", "b=2", "c=3"})
	same(t, []string{options.NodeName, options.ClusterDomain}, []string{"main", "second"})
}

func TestALaterFileWithoutPlusReplacesTheWholeList(t *testing.T) {
	file := config(t, "node-label: [a=1, b=2]\n", map[string]string{"10.yaml": "node-label: [c=3]\n"})
	same(t, parse(t, "-c", file).NodeLabels.Values(), []string{"c=3"})
}

func TestCommandLineOverwritesListsAndScalarsOfTheConfigFile(t *testing.T) {
	file := config(t, "node-label: [a=1]\nnode-name: file\n", nil)
	options := parse(t, "--node-label=x=1", "--config="+file, "--node-label", "y=2", "--node-name", "cli")
	same(t, options.NodeLabels.Values(), []string{"x=1", "y=2"})
	same(t, []string{options.NodeName}, []string{"cli"})
}

func TestEnvironmentIsWeakerThanTheConfigFile(t *testing.T) {
	t.Setenv("K3S_NODE_NAME", "env")
	t.Setenv("K3S_TOKEN", "secret")
	t.Setenv("K3S_CONFIG_FILE", config(t, "node-name: file\n", nil))
	options := parse(t)
	same(t, []string{options.NodeName, options.Token}, []string{"file", "secret"})
}

func TestCommasSplitNamesButNotComponentArguments(t *testing.T) {
	options := parse(t, "--disable", "traefik,servicelb", "--kubelet-arg", "feature-gates=A=true,B=true")
	same(t, options.Disable.Values(), []string{"traefik", "servicelb"})
	same(t, options.KubeletArgs.Values(), []string{"feature-gates=A=true,B=true"})
}

func TestABooleanKeyNeedsNoValue(t *testing.T) {
	file := config(t, "disable-kube-proxy:\ndebug: false\n", nil)
	options := parse(t, "--config", file)
	if !options.DisableKubeProxy || options.Log.Debug {
		t.Errorf("disable-kube-proxy %v, debug %v", options.DisableKubeProxy, options.Log.Debug)
	}
}

func TestUnknownNamesAreRefusedByName(t *testing.T) {
	file := config(t, "no-such-key: 1\n", nil)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--no-such-flag"}, `command line: "no-such-flag" is not a setting`},
		{[]string{"--config", file}, file + `: "no-such-key" is not a setting`},
		{[]string{"--secrets-encryption"}, `"secrets-encryption" is a setting of K3s that this stand-in does not implement`},
		{[]string{"stray"}, `no argument "stray"`},
		{[]string{"--config", "/does/not/exist.yaml"}, "/does/not/exist.yaml"},
		{[]string{"--https-listen-port", "many"}, "https-listen-port"},
		{[]string{"--config", config(t, "node-label: {a: 1}\n", nil)}, "a mapping is not a value"},
		{[]string{"--config", config(t, "a: [\n", nil)}, "config.yaml: yaml:"},
	} {
		if _, err := Parse(c.args); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.args, err, c.want)
		}
	}
}

func TestOwnersComponentArgumentsReplacePresetOnesKeyByKey(t *testing.T) {
	got := ComponentArgs(map[string]string{"v": "0", "bind-address": "127.0.0.1"},
		[]string{"v=4", "--feature-gates=A=true", "feature-gates=B=false", "profiling"})
	same(t, got, []string{"--bind-address=127.0.0.1", "--feature-gates=A=true", "--feature-gates=B=false", "--profiling=true", "--v=4"})
}
