// SPDX-License-Identifier: Apache-2.0

// Package bundled holds the small programs that must be files of their own: containerd's shim (inside the big binary it
// would cost every container 100 MB and 70 ms) and the CNI plugins (upstream has them as `package main` only). build.sh
// compiles them and lays them over the folder files/ by `go build -overlay`, so that the source tree stays as it is.
package bundled

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed all:files
var files embed.FS

// shim goes beside containerd, every other file is a CNI plugin.
const shim = "containerd-shim-runc-v2"

// placeholder keeps the folder in version control.
const placeholder = ".keep"

// Layout says where the programs go.
type Layout struct {
	Bin     func(version string) string // folder of one version's programs
	Current string                      // link to it
	CNI     string                      // folder of the CNI plugins
	Self    string                      // the running executable
}

// Unpack writes the embedded programs and the links by which this executable is found under other names.
func Unpack(layout Layout) error {
	entries, err := files.ReadDir("files")
	if err != nil {
		return err
	}
	contents := map[string][]byte{}
	sum := sha256.New()
	for _, entry := range entries {
		if entry.Name() == placeholder {
			continue
		}
		content, err := files.ReadFile("files/" + entry.Name())
		if err != nil {
			return err
		}
		sum.Write(content)
		contents[entry.Name()] = content
	}
	if _, ok := contents[shim]; !ok {
		return errors.New("this executable was built without its embedded programs; build it with build.sh")
	}
	version := layout.Bin(hex.EncodeToString(sum.Sum(nil)))
	bin := filepath.Join(version, "bin")
	for _, dir := range []string{bin, layout.CNI} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	for name, content := range contents {
		dir := layout.CNI
		if name == shim {
			dir = bin
		}
		if err := install(filepath.Join(dir, name), content); err != nil {
			return err
		}
	}
	for _, name := range []string{"k3s", "containerd", "ctr", "kubectl"} {
		if err := link(layout.Self, filepath.Join(bin, name)); err != nil {
			return err
		}
	}
	return link(version, layout.Current)
}

// install writes an executable, unless it is there already. A running one is replaced, not written into.
func install(file string, content []byte) error {
	if info, err := os.Stat(file); err == nil && info.Size() == int64(len(content)) {
		if present, err := os.ReadFile(file); err == nil && sha256.Sum256(present) == sha256.Sum256(content) {
			return nil
		}
	}
	temporary := file + ".new"
	if err := os.WriteFile(temporary, content, 0o755); err != nil {
		return fmt.Errorf("unpack %s: %w", file, err)
	}
	return os.Rename(temporary, file)
}

func link(target, file string) error {
	if present, err := os.Readlink(file); err == nil && present == target {
		return nil
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink(target, file)
}
