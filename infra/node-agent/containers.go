// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// k3sContainers is where containerd's shims of K3s keep the OCI bundles of running containers, one folder each.
const k3sContainers = "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io"

const (
	lookAgain = 20 * time.Millisecond
	// A container's folder is there before its config.json is complete.
	readAgain  = 5 * time.Millisecond
	readLimit  = 2 * time.Second
	folderMode = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_DELETE_SELF | unix.IN_ONLYDIR
)

var containerID = regexp.MustCompile(`^[0-9a-f]{64}$`)

// containerWatch says each container once, when it appears.
type containerWatch struct {
	folder string
	mutex  sync.Mutex
	output *json.Encoder
	// seen holds, for each container, a channel that is closed when it has been said.
	seen map[string]chan struct{}
}

// containersMain prints a JSON line {"id", "annotations", "args"} for each container as it starts. For each line
// `flush NAME` on standard input it prints {"flushed": NAME}, after all that existed by then. Ends with its input.
func containersMain(args []string) int {
	flags := flag.NewFlagSet("airgap-node containers", flag.ContinueOnError)
	folder := flags.String("folder", k3sContainers, "folder of the runtime's OCI bundles")
	if flags.Parse(args) != nil {
		return 2
	}
	watch := &containerWatch{folder: *folder, output: json.NewEncoder(os.Stdout), seen: map[string]chan struct{}{}}
	go func() {
		for {
			if err := watch.follow(); err != nil {
				fmt.Fprintf(os.Stderr, "airgap-node containers: %v\n", err)
				os.Exit(1)
			}
		}
	}()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "flush "); ok {
			watch.flush(name)
		}
	}
	return 0
}

// follow waits for the folder and reports what appears in it, until the folder is gone again.
func (watch *containerWatch) follow() error {
	events, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return fmt.Errorf("inotify: %w", err)
	}
	defer unix.Close(events)
	for {
		_, err := unix.InotifyAddWatch(events, watch.folder, folderMode)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("watch %s: %w", watch.folder, err)
		}
		time.Sleep(lookAgain)
	}
	watch.scan()
	buffer := make([]byte, 64*1024)
	for {
		size, err := unix.Read(events, buffer)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("inotify: %w", err)
		}
		// What the events say is in the folder as well, and after an overflow only there.
		watch.scan()
		if isGone(buffer[:size]) {
			return nil
		}
	}
}

// isGone is true when the events say that the watched folder was removed.
func isGone(events []byte) bool {
	for len(events) >= unix.SizeofInotifyEvent {
		mask := uint32(events[4]) | uint32(events[5])<<8 | uint32(events[6])<<16 | uint32(events[7])<<24
		if mask&(unix.IN_DELETE_SELF|unix.IN_IGNORED) != 0 {
			return true
		}
		name := int(events[12]) | int(events[13])<<8 | int(events[14])<<16 | int(events[15])<<24
		events = events[unix.SizeofInotifyEvent+name:]
	}
	return false
}

func (watch *containerWatch) scan() {
	entries, err := os.ReadDir(watch.folder)
	if err != nil {
		return // not there yet, or gone: the watch tells
	}
	for _, entry := range entries {
		if containerID.MatchString(entry.Name()) {
			watch.found(entry.Name())
		}
	}
}

func (watch *containerWatch) found(id string) {
	watch.mutex.Lock()
	defer watch.mutex.Unlock()
	if watch.seen[id] != nil {
		return
	}
	said := make(chan struct{})
	watch.seen[id] = said
	go func() {
		defer close(said)
		watch.read(id)
	}()
}

// read waits until the container's config.json is complete. One that goes before that never started.
func (watch *containerWatch) read(id string) {
	for end := time.Now().Add(readLimit); time.Now().Before(end); time.Sleep(readAgain) {
		text, err := os.ReadFile(filepath.Join(watch.folder, id, "config.json"))
		if err != nil {
			if _, err := os.Stat(filepath.Join(watch.folder, id)); err != nil {
				return
			}
			continue
		}
		var config struct {
			Annotations map[string]string `json:"annotations"`
			Process     struct {
				Args []string `json:"args"`
			} `json:"process"`
		}
		if json.Unmarshal(text, &config) == nil {
			watch.say(map[string]any{"id": id, "annotations": config.Annotations, "args": config.Process.Args})
			return
		}
	}
	watch.say(map[string]any{"unreadable": id})
}

func (watch *containerWatch) say(line map[string]any) {
	watch.mutex.Lock()
	defer watch.mutex.Unlock()
	_ = watch.output.Encode(line) // without a reader there is nobody to tell
}

func (watch *containerWatch) flush(name string) {
	watch.scan()
	for _, said := range watch.all() {
		<-said
	}
	watch.say(map[string]any{"flushed": name})
}

func (watch *containerWatch) all() []chan struct{} {
	watch.mutex.Lock()
	defer watch.mutex.Unlock()
	return slices.Collect(maps.Values(watch.seen))
}
