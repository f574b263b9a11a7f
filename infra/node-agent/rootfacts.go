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
}

// rootMain looks at a root file system before anything runs in it: root FOLDER PROGRAM... It prints {"osRelease",
// "missing", "foreign"}. The folder is the process's root, so no link of it can show a file of the machine; no program of
// it is run.
func rootMain(args []string) int {
	if len(args) < 1 {
		fmt.Fprintln(os.Stderr, "usage: airgap-node root FOLDER PROGRAM...")
		return 2
	}
	if err := enterFolder(args[0]); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n", err)
		return 1
	}
	facts := rootFacts{OSRelease: readOSRelease(), Missing: []string{}, Foreign: []string{}}
	for _, name := range args[1:] {
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
