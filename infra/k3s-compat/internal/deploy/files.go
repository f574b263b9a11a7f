// SPDX-License-Identifier: Apache-2.0

// Package deploy keeps the objects of the manifests folder in the cluster, as K3s's deploy controller does.
package deploy

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// file is one manifest on disk.
type file struct {
	path     string
	size     int64
	modified time.Time
	disabled bool
}

// scan lists the manifests under dir in alphabetical order: *.yaml, *.yml and *.json in all subfolders, neither hidden
// nor skipped by a file NAME.skip anywhere in the folder. disabled are names (without ending) from --disable.
func scan(dir string, disabled []string) ([]file, error) {
	var found []file
	skipped := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name := entry.Name()
		if base, isSkip := strings.CutSuffix(name, ".skip"); isSkip {
			skipped[base] = true
			return nil
		}
		if ext := filepath.Ext(name); strings.HasPrefix(name, ".") || (ext != ".yaml" && ext != ".yml" && ext != ".json") {
			return nil
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		base, _, _ := strings.Cut(name, ".")
		found = append(found, file{path, info.Size(), info.ModTime(), slices.Contains(disabled, base)})
		return nil
	})
	kept := slices.DeleteFunc(found, func(f file) bool { return !f.disabled && skipped[filepath.Base(f.path)] })
	return kept, err
}
