// SPDX-License-Identifier: Apache-2.0

package deploy

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// ref names an object in the cluster.
type ref struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
}

// record is what is known to be in the cluster because of a manifest. K3s keeps it in Addon objects; the stand-in in a
// file beside the database, so that an object that left a manifest is deleted also after a restart.
type record map[string][]ref

func readRecord(path string) (record, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, nil
	} else if err != nil {
		return nil, err
	}
	out := record{}
	return out, json.Unmarshal(content, &out)
}

func (r record) write(path string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// missing gives the refs of before that are not among after.
func missing(before, after []ref) []ref {
	present := make(map[ref]bool, len(after))
	for _, r := range after {
		present[r] = true
	}
	var out []ref
	for _, r := range before {
		if !present[r] {
			out = append(out, r)
		}
	}
	return out
}
