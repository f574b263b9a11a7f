// SPDX-License-Identifier: Apache-2.0
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// oldRoot is where the host's root lies from pivot_root until it is let go.
const oldRoot = "/.airgap-host"

// engineFolder is where the container provider mounts its files; it goes with the old root.
const engineFolder = "/.airgap"

// makeRoot gives the mount namespace (which the launcher made private) a root of its own. Everything inside the node is
// looked up AFTER pivot_root: a symbolic link of an image can then never lead to a path of the host.
func makeRoot(config nodeConfig, self string) error {
	if err := os.MkdirAll(config.Root, 0o755); err != nil {
		return err
	}
	if err := layRoot(config); err != nil {
		return err
	}
	if err := pivot(config.Root); err != nil {
		return err
	}
	for _, step := range []func(nodeConfig) error{mountKernelViews, mountDevices, mountCgroups, mountDisks, writeFiles} {
		if err := step(config); err != nil {
			return err
		}
	}
	if err := os.Mkdir(runFolder, 0o755); err != nil {
		return err
	}
	for _, b := range append(config.Binds, bind{From: self, To: agentPath}) {
		if err := bindFromHost(b, true); err != nil {
			return err
		}
	}
	if err := keepHostSettings(); err != nil {
		return err
	}
	if err := leaveHost(); err != nil || config.Image != "" {
		return err
	}
	return removeTraces()
}

// layRoot puts the node's root file system at config.Root: an overlay over the image, or, where a container engine has
// made the root already, that root without anything the engine mounted into it.
func layRoot(config nodeConfig) error {
	if config.Image == "" {
		if err := mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
			return err
		}
		// The engine mounts some of its own over these, and what is a mount point anywhere here cannot be replaced.
		for _, file := range config.Files {
			_ = unix.Unmount(file.Path, unix.MNT_DETACH)
		}
		return mount("/", config.Root, "", unix.MS_BIND, "")
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s",
		overlayPath(config.Image), overlayPath(config.Upper), overlayPath(config.Work))
	return mount("overlay", config.Root, "overlay", 0, options)
}

// removeTraces takes away what the engine and the harness left in the root: programs that look for them (K3s among them)
// would behave otherwise than on a machine.
func removeTraces() error {
	for _, path := range []string{engineFolder, "/.dockerenv"} {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

// overlayPath escapes what separates paths and options in overlayfs's option string.
func overlayPath(path string) string {
	return strings.NewReplacer(`\`, `\\`, ":", `\:`, ",", `\,`).Replace(path)
}

func pivot(root string) error {
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := os.Mkdir("."+oldRoot, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := unix.PivotRoot(".", "."+oldRoot); err != nil {
		return fmt.Errorf("pivot_root to %s: %w", root, err)
	}
	return os.Chdir("/")
}

// leaveHost takes the host's root out of sight and lets mounts made in the node spread below it, as containers expect.
func leaveHost() error {
	if err := unix.Unmount(oldRoot, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("detach the host's root: %w", err)
	}
	if err := os.Remove(oldRoot); err != nil {
		return err
	}
	return mount("", "/", "", unix.MS_SHARED|unix.MS_REC, "")
}

func mountKernelViews(nodeConfig) error {
	for _, m := range []struct {
		target, kind string
		flags        uintptr
		options      string
	}{
		{"/proc", "proc", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
		{"/sys", "sysfs", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
		{"/run", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, "mode=755"},
		{"/tmp", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, "mode=1777"},
	} {
		if err := os.MkdirAll(m.target, 0o755); err != nil {
			return err
		}
		if err := mount(m.kind, m.target, m.kind, m.flags, m.options); err != nil {
			return err
		}
	}
	// A container engine makes the sysfs of a network read-only for all who mount it.
	if err := mount("", "/sys", "", unix.MS_REMOUNT|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return err
	}
	return os.Mkdir("/run/lock", 0o1777)
}

func mountDisks(config nodeConfig) error {
	for _, disk := range config.Disks {
		if err := bindFromHost(disk, false); err != nil {
			return err
		}
		// Podman mounts its volumes nosuid and nodev; set-user-ID programs of pods would lose their right.
		if err := mount("", disk.To, "", unix.MS_BIND|unix.MS_REMOUNT, ""); err != nil {
			return err
		}
	}
	return nil
}

// writeFiles replaces files of the image, also those that are symbolic links (resolv.conf often is one).
func writeFiles(config nodeConfig) error {
	for _, file := range config.Files {
		if err := os.MkdirAll(filepath.Dir(file.Path), 0o755); err != nil {
			return err
		}
		if err := os.RemoveAll(file.Path); err != nil {
			return err
		}
		if err := os.WriteFile(file.Path, []byte(file.Content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// bindFromHost binds a file or folder of the host to a path of the node, which is made when it does not exist.
func bindFromHost(b bind, readOnly bool) error {
	source := filepath.Join(oldRoot, b.From)
	info, err := os.Lstat(source)
	if err != nil {
		return fmt.Errorf("%s cannot be placed in the node: %w", b.From, err)
	}
	if info.IsDir() {
		err = os.MkdirAll(b.To, 0o755)
	} else {
		err = touch(b.To)
	}
	if err != nil {
		return err
	}
	if err := mount(source, b.To, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	if !readOnly {
		return nil
	}
	return mount("", b.To, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV, "")
}

func touch(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o755)
	if err != nil {
		return err
	}
	return file.Close()
}

func mount(source, target, kind string, flags uintptr, options string) error {
	if err := unix.Mount(source, target, kind, flags, options); err != nil {
		return fmt.Errorf("mount %s on %s (%s): %w", source, target, kind, err)
	}
	return nil
}
