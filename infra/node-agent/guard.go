// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guardMain puts a program into a cgroup (v2) that keeps the kernel's settings as they are: `airgap-node guard FOLDER`.
//
// A node's own /proc shows private files in place of host-wide settings (settings.go), but a privileged container gets a
// fresh /proc, where `sysctl -w vm.max_map_count=...` would change the machine. Under the guard such a write succeeds and
// changes nothing. Settings of network, IPC, UTS and PID namespaces are the node's own and are written as ever.
// The program lives and ends with the cgroup.
func guardMain(args []string) int {
	if len(args) != 1 {
		fmt.Fprintln(os.Stderr, "usage: airgap-node guard CGROUP_FOLDER")
		return 2
	}
	if err := guard(args[0]); err != nil {
		fmt.Fprintf(os.Stderr, "airgap-node guard: %v\n", err)
		return 1
	}
	return 0
}

func guard(folder string) error {
	strict, err := os.ReadFile("/proc/sys/kernel/sysctl_writes_strict")
	if err != nil || strings.TrimSpace(string(strict)) != "1" {
		return fmt.Errorf("kernel.sysctl_writes_strict is %q, not 1 (%v)", strict, err)
	}
	program, err := loadSysctlProgram(sysctlProgram())
	if err != nil {
		return fmt.Errorf("load the program: %w", err)
	}
	defer unix.Close(program)
	cgroup, err := unix.Open(folder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", folder, err)
	}
	defer unix.Close(cgroup)
	if err := attachProgram(cgroup, program); err != nil {
		return fmt.Errorf("attach to %s: %w", folder, err)
	}
	return nil
}

// loadSysctlProgram: bpf(2) BPF_PROG_LOAD; the fields of union bpf_attr up to expected_attach_type.
func loadSysctlProgram(code []instruction) (int, error) {
	license := []byte("Apache-2.0\x00")
	log := make([]byte, 16384)
	var pinner runtime.Pinner // the kernel is given addresses as numbers
	defer pinner.Unpin()
	pinner.Pin(&code[0])
	pinner.Pin(&license[0])
	pinner.Pin(&log[0])
	attributes := struct {
		kind, count      uint32
		code, license    uint64
		logLevel, logLen uint32
		log              uint64
		version, flags   uint32
		name             [16]byte
		device, attach   uint32
	}{
		kind: unix.BPF_PROG_TYPE_CGROUP_SYSCTL, count: uint32(len(code)),
		code: address(unsafe.Pointer(&code[0])), license: address(unsafe.Pointer(&license[0])),
		logLevel: 1, logLen: uint32(len(log)), log: address(unsafe.Pointer(&log[0])),
		attach: unix.BPF_CGROUP_SYSCTL,
	}
	fd, err := bpf(unix.BPF_PROG_LOAD, unsafe.Pointer(&attributes), unsafe.Sizeof(attributes))
	if err != nil {
		return 0, fmt.Errorf("%w %s", err, unix.ByteSliceToString(log))
	}
	return fd, nil
}

// attachProgram: BPF_PROG_ATTACH, beside programs that others put there.
func attachProgram(cgroup, program int) error {
	attributes := struct{ target, program, kind, flags uint32 }{
		uint32(cgroup), uint32(program), unix.BPF_CGROUP_SYSCTL, unix.BPF_F_ALLOW_MULTI,
	}
	_, err := bpf(unix.BPF_PROG_ATTACH, unsafe.Pointer(&attributes), unsafe.Sizeof(attributes))
	return err
}

func address(pinned unsafe.Pointer) uint64 {
	return uint64(uintptr(pinned))
}

func bpf(command uintptr, attributes unsafe.Pointer, size uintptr) (int, error) {
	fd, _, errno := unix.Syscall(unix.SYS_BPF, command, uintptr(attributes), size)
	if errno != 0 {
		return 0, errno
	}
	return int(fd), nil
}
