// SPDX-License-Identifier: Apache-2.0
package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	cgroupFolder = "/sys/fs/cgroup"
	cgroupFlags  = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
)

// hierarchy is one line of /proc/self/cgroup: controllers joined by commas, empty for cgroup v2.
type hierarchy struct{ controllers string }

func parseHierarchies(procCgroup string) (hierarchies []hierarchy, unified bool) {
	for line := range strings.Lines(procCgroup) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		switch {
		case len(fields) != 3:
		case fields[0] == "0":
			unified = true
		default:
			hierarchies = append(hierarchies, hierarchy{fields[1]})
		}
	}
	return hierarchies, unified
}

// mountCgroups shows the node its own cgroups (the launcher made the cgroup namespace in them) in the layout of the
// machine: v1 alone, hybrid (v1, and v2 under `unified`), or v2 alone.
func mountCgroups(nodeConfig) error {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return err
	}
	hierarchies, unified := parseHierarchies(string(text))
	if len(hierarchies) == 0 {
		return mountUnifiedAlone()
	}
	if err := mount("tmpfs", cgroupFolder, "tmpfs", cgroupFlags, "mode=755"); err != nil {
		return err
	}
	for _, h := range hierarchies {
		if err := mountV1(h); err != nil {
			return err
		}
	}
	if !unified {
		return nil
	}
	return mountNew("cgroup2", filepath.Join(cgroupFolder, "unified"), "")
}

func mountV1(h hierarchy) error {
	if name, named := strings.CutPrefix(h.controllers, "name="); named {
		return mountNew("cgroup", filepath.Join(cgroupFolder, name), "none,"+h.controllers)
	}
	folder := filepath.Join(cgroupFolder, h.controllers)
	if err := mountNew("cgroup", folder, h.controllers); err != nil {
		return err
	}
	// Programs look for each controller by its own name: /sys/fs/cgroup/cpu for `cpu,cpuacct`.
	for name := range strings.SplitSeq(h.controllers, ",") {
		err := os.Symlink(h.controllers, filepath.Join(cgroupFolder, name))
		if err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

// mountUnifiedAlone also moves this process into a leaf: cgroup v2 gives controllers to children only where no process
// sits beside them. NOT VERIFIED: no machine with cgroup v2 alone was at hand.
func mountUnifiedAlone() error {
	if err := mount("cgroup2", cgroupFolder, "cgroup2", cgroupFlags, ""); err != nil {
		return err
	}
	leaf := filepath.Join(cgroupFolder, "airgap")
	if err := os.MkdirAll(leaf, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(leaf, "cgroup.procs"), []byte("0"), 0o644)
}

func mountNew(kind, target, options string) error {
	if err := os.Mkdir(target, 0o755); err != nil {
		return err
	}
	return mount(kind, target, kind, cgroupFlags, options)
}
