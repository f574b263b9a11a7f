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
// nor skipped by a file NAME.skip anywhere in the folder. disabled are names (of files without ending, or of folders) from
// --disable.
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
		found = append(found, file{path, info.Size(), info.ModTime(), isDisabled(dir, path, disabled)})
		return nil
	})
	kept := slices.DeleteFunc(found, func(f file) bool { return !f.disabled && skipped[filepath.Base(f.path)] })
	return kept, err
}

// isDisabled says whether --disable names the file, without its ending, or a folder it lies in.
func isDisabled(dir, path string, disabled []string) bool {
	inside, err := filepath.Rel(dir, path)
	if err != nil {
		return false
	}
	parts := strings.Split(inside, string(filepath.Separator))
	parts[len(parts)-1], _, _ = strings.Cut(parts[len(parts)-1], ".")
	return slices.ContainsFunc(parts, func(part string) bool { return slices.Contains(disabled, part) })
}
