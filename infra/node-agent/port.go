// SPDX-License-Identifier: Apache-2.0
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	portFolder = "/sys/class/virtio-ports"
	// Ten times a boot under emulation.
	portLimit = 60 * time.Second
	portPause = 100 * time.Millisecond
)

// portMain runs a program on a virtio-serial port of this machine, as its standard input and output, each time the host
// connects: `airgap-node port NAME PROGRAM [ARGUMENT]...`. The port is opened once: a second open is refused as busy.
func portMain(args []string) int {
	if len(args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: airgap-node port NAME PROGRAM [ARGUMENT]...")
		return 2
	}
	port, err := openPort(args[0])
	if err != nil {
		fmt.Fprintf(os.Stderr, "airgap-node port: %v\n", err)
		return 1
	}
	for {
		awaitHost(port)
		command := exec.Command(args[1], args[2:]...)
		command.Stdin, command.Stdout, command.Stderr = port, port, os.Stderr
		if err := command.Run(); errors.Is(err, exec.ErrNotFound) {
			fmt.Fprintf(os.Stderr, "airgap-node port: %v\n", err)
			return 1
		}
	}
}

func openPort(name string) (*os.File, error) {
	for end := time.Now().Add(portLimit); time.Now().Before(end); time.Sleep(portPause) {
		names, err := filepath.Glob(filepath.Join(portFolder, "*", "name"))
		if err != nil {
			return nil, err
		}
		for _, path := range names {
			text, err := os.ReadFile(path)
			if err != nil || strings.TrimSpace(string(text)) != name {
				continue
			}
			// Not by os.OpenFile: it would make the port non-blocking, for the program as well.
			fd, err := unix.Open("/dev/"+filepath.Base(filepath.Dir(path)), unix.O_RDWR|unix.O_CLOEXEC, 0)
			if errors.Is(err, unix.ENOENT) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("open port %s: %w", name, err)
			}
			return os.NewFile(uintptr(fd), name), nil
		}
	}
	return nil, fmt.Errorf("this machine has no virtio-serial port %s", name)
}

// awaitHost waits until the host's end of the port is open; until then the kernel reports a hang-up.
func awaitHost(port *os.File) {
	for {
		set := []unix.PollFd{{Fd: int32(port.Fd()), Events: unix.POLLOUT}}
		if _, err := unix.Poll(set, 0); err == nil && set[0].Revents&unix.POLLHUP == 0 {
			return
		}
		time.Sleep(portPause)
	}
}
