// SPDX-License-Identifier: Apache-2.0

package deploy

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestScanTakesManifestsOfAllFoldersAndHonoursSkips(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.yaml", "sub/a.yml", "sub/c.json", ".hidden.yaml", "notes.txt", "skipped.yaml", "sub/skipped.yaml.skip", "off.yaml"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files, err := scan(dir, []string{"off"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		name := strings.TrimPrefix(f.path, dir+"/")
		if f.disabled {
			name += " disabled"
		}
		got = append(got, name)
	}
	if want := []string{"b.yaml", "off.yaml disabled", "sub/a.yml", "sub/c.json"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestObjectsOfManyDocumentsAndLists(t *testing.T) {
	const manifest = "# only a comment\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n---\n" +
		"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n"
	found, err := objects([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, object := range found {
		got = append(got, object.GetKind()+" "+object.GetName())
	}
	if want := []string{"ConfigMap a", "Secret b"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, broken := range []string{"a: [", "metadata: {name: x}\n"} {
		if _, err := objects([]byte(broken)); err == nil {
			t.Errorf("%q was accepted", broken)
		}
	}
}

func TestOnlyObjectsThatLeftTheManifestAreMissing(t *testing.T) {
	a, b := ref{"v1", "ConfigMap", "n", "a"}, ref{"v1", "ConfigMap", "n", "b"}
	if got := missing([]ref{a, b}, []ref{b}); !reflect.DeepEqual(got, []ref{a}) {
		t.Errorf("got %v", got)
	}
}
