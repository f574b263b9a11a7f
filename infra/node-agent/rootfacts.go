// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// machine is the e_machine of ELF programs that this machine runs.
const machine = 62 // EM_X86_64: the harness's nodes are linux/amd64

type rootFacts struct {
	// OSRelease is the text of /etc/os-release, empty when there is none.
	OSRelease string `json:"osRelease"`
	// Missing are the programs that the PATH of a node does not find.
	Missing []string `json:"missing"`
	// Foreign are programs for another architecture.
	Foreign []string `json:"foreign"`
	// NoFolders are paths in the way of a folder that a node needs: a file, or a link that leads nowhere in this root.
	NoFolders []string `json:"noFolders"`
}

// rootMain looks at a root file system before anything runs in it: root FOLDER NEED..., where a need with a slash in front is a folder
// that is there or can be made, and any other a program. It prints rootFacts. The folder is the process's root, so no link of it can show a file of the machine; no program of
// it is run.
func rootMain(args []string) int {
	if len(args) < 1 {
		fmt.Fprintln(os.Stderr, "usage: airgap-node root FOLDER NEED...")
		return 2
	}
	if err := enterFolder(args[0]); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n", err)
		return 1
	}
	facts := rootFacts{OSRelease: readOSRelease(), Missing: []string{}, Foreign: []string{}, NoFolders: []string{}}
	for _, name := range args[1:] {
		if path.IsAbs(name) {
			if in := inTheWay(name); in != "" && !slices.Contains(facts.NoFolders, in) {
				facts.NoFolders = append(facts.NoFolders, in)
			}
			continue
		}
		file := findInRoot(name)
		switch {
		case file == "":
			facts.Missing = append(facts.Missing, name)
		case isForeign(file):
			facts.Foreign = append(facts.Foreign, name)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(facts); err != nil {
		return 1
	}
	return 0
}

func readOSRelease() string {
	for _, name := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		if head := readHead(name, 64*1024); len(head) > 0 {
			return string(bytes.ToValidUTF8(head, []byte("?")))
		}
	}
	return ""
}

// findInRoot looks in the PATH that programs of a node have.
func findInRoot(name string) string {
	for _, folder := range strings.Split(strings.TrimPrefix(nodeEnvironment[0], "PATH="), ":") {
		if file, err := exec.LookPath(path.Join(folder, name)); err == nil {
			return file
		}
	}
	return ""
}

// inTheWay is the first path on the way to a folder that is there and is none, links followed; empty when the folder is there
// or can be made.
func inTheWay(folder string) string {
	for at, rest := "/", strings.TrimPrefix(folder, "/"); rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		at = path.Join(at, name)
		if _, err := os.Lstat(at); err != nil {
			return "" // nothing below it either
		}
		if info, err := os.Stat(at); err != nil || !info.IsDir() {
			return at
		}
	}
	return ""
}

// isForeign is true for an ELF program that names another machine; a script is nobody's.
func isForeign(file string) bool {
	head := readHead(file, 20)
	return len(head) == 20 && bytes.HasPrefix(head, []byte("\x7fELF")) && binary.LittleEndian.Uint16(head[18:]) != machine
}

// readHead reads at most that many bytes of a regular file; nothing of anything else, a pipe would keep it waiting.
func readHead(name string, most int64) []byte {
	file, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	head, err := io.ReadAll(io.LimitReader(file, most))
	if err != nil {
		return nil
	}
	return head
}
