// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// The devices of a container (OCI runtime specification, default devices) and kmsg, which the kubelet reads.
var devices = []struct {
	name         string
	major, minor uint32
	mode         uint32
}{
	{"null", 1, 3, 0o666},
	{"zero", 1, 5, 0o666},
	{"full", 1, 7, 0o666},
	{"random", 1, 8, 0o666},
	{"urandom", 1, 9, 0o666},
	{"tty", 5, 0, 0o666},
	{"kmsg", 1, 11, 0o644},
}

var deviceLinks = [][2]string{
	{"/proc/self/fd", "/dev/fd"},
	{"/proc/self/fd/0", "/dev/stdin"},
	{"/proc/self/fd/1", "/dev/stdout"},
	{"/proc/self/fd/2", "/dev/stderr"},
	{"pts/ptmx", "/dev/ptmx"},
}

// mountDevices makes a /dev that holds none of the host's disks or terminals.
func mountDevices(nodeConfig) error {
	if err := os.MkdirAll("/dev", 0o755); err != nil {
		return err
	}
	if err := mount("tmpfs", "/dev", "tmpfs", unix.MS_NOSUID, "mode=755"); err != nil {
		return err
	}
	previous := unix.Umask(0)
	defer unix.Umask(previous)
	for _, device := range devices {
		number := int(unix.Mkdev(device.major, device.minor))
		if err := unix.Mknod("/dev/"+device.name, unix.S_IFCHR|device.mode, number); err != nil {
			return fmt.Errorf("make device /dev/%s: %w", device.name, err)
		}
	}
	for _, link := range deviceLinks {
		if err := os.Symlink(link[0], link[1]); err != nil {
			return err
		}
	}
	for _, m := range []struct{ name, kind, options string }{
		{"pts", "devpts", "newinstance,ptmxmode=0666,mode=0620,gid=5"},
		{"shm", "tmpfs", "mode=1777"},
		{"mqueue", "mqueue", ""},
	} {
		if err := os.Mkdir("/dev/"+m.name, 0o755); err != nil {
			return err
		}
		if err := mount(m.kind, "/dev/"+m.name, m.kind, unix.MS_NOSUID|unix.MS_NOEXEC, m.options); err != nil {
			return err
		}
	}
	return nil
}
