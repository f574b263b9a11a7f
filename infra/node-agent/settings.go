// SPDX-License-Identifier: Apache-2.0
package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// No namespace isolates these settings of the kernel, yet the kubelet (vm.overcommit_memory, kernel.panic ...) and
// installers (vm.max_map_count, fs.inotify ...) write them, and sysrq-trigger ends the machine.
var hostSettings = []string{
	"/proc/sys/abi", "/proc/sys/crypto", "/proc/sys/debug", "/proc/sys/dev", "/proc/sys/fs", "/proc/sys/kernel",
	"/proc/sys/sunrpc", "/proc/sys/user", "/proc/sys/vm", "/proc/sysrq-trigger",
	"/sys/kernel/mm/transparent_hugepage", "/sys/kernel/mm/ksm", "/sys/module/nf_conntrack/parameters/hashsize",
}

// Settings that belong to the node's own namespaces and must keep their effect: IPC (with POSIX queues), UTS, PID.
var ownSettings = []string{
	"/proc/sys/fs/mqueue/",
	"/proc/sys/kernel/auto_msgmni", "/proc/sys/kernel/domainname", "/proc/sys/kernel/hostname", "/proc/sys/kernel/msg",
	"/proc/sys/kernel/ns_last_pid", "/proc/sys/kernel/sem", "/proc/sys/kernel/shm",
}

// keepHostSettings binds a private file with the present value over each such setting: inside the node a write works and
// is read back, the host stays as it was, and there is nothing to restore.
func keepHostSettings() error {
	const folder = runFolder + "/settings"
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	if err := mount("tmpfs", folder, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=755"); err != nil {
		return err
	}
	for _, setting := range hostSettings {
		if err := filepath.WalkDir(setting, func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // this kernel does not have it
			}
			if err != nil || entry.IsDir() || isOwnSetting(path) {
				return err
			}
			return bindPrivate(folder, path, entry)
		}); err != nil {
			return err
		}
	}
	// The binds hold what they show; the folder itself is not to be seen.
	if err := unix.Unmount(folder, unix.MNT_DETACH); err != nil {
		return err
	}
	return os.Remove(folder)
}

func isOwnSetting(path string) bool {
	for _, prefix := range ownSettings {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

func bindPrivate(folder, path string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o222 == 0 || !info.Mode().IsRegular() {
		return nil
	}
	value, err := os.ReadFile(path)
	if err != nil {
		value = nil // write-only, as vm.compact_memory
	}
	private := filepath.Join(folder, strings.ReplaceAll(strings.TrimPrefix(path, "/"), "/", "."))
	if err := os.WriteFile(private, value, info.Mode().Perm()); err != nil {
		return err
	}
	return mount(private, path, "", unix.MS_BIND, "")
}
