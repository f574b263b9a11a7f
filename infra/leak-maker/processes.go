// SPDX-License-Identifier: Apache-2.0
package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

func init() {
	add(map[string]func([]string) error{
		"double-fork": doubleFork,
		"orphan":      orphan,
		"thread":      thread,
		"disguised":   disguised,
		"memory-file": memoryFile,
		"copied":      copied,
	})
}

func self() string {
	path, err := os.Executable()
	must(err)
	return path
}

// doubleFork leaves the rest of the command line to a grandchild in a session of its own, as daemons do.
func doubleFork(args []string) error {
	child := exec.Command(self(), append([]string{"orphan"}, args...)...)
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Run(); err != nil {
		return err
	}
	return awaitAdopted()
}

// awaitAdopted waits for what PID 1 of a container inherits, which would end with it. Elsewhere orphans have another parent.
func awaitAdopted() error {
	for {
		_, err := unix.Wait4(-1, nil, 0, nil)
		switch err {
		case nil, unix.EINTR:
		case unix.ECHILD:
			return nil
		default:
			return err
		}
	}
}

// orphan starts a process that calls out when its parent has gone.
func orphan(args []string) error {
	return exec.Command(self(), append([]string{"-after", "300ms"}, args...)...).Start()
}

// thread calls out from a thread of its own, which ends at once.
func thread(args []string) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this function
		result <- kinds[args[0]](args[1:])
	}()
	return <-result
}

// disguised runs the rest under the name of a kernel thread.
func disguised(args []string) error {
	child := exec.Command(self(), args...)
	child.Args[0] = "[kworker/u8:1-events]"
	return child.Run()
}

// memoryFile runs the rest from a file that has never been on a disk.
func memoryFile(args []string) error {
	program, err := os.ReadFile(self())
	must(err)
	file, err := unix.MemfdCreate("loader", 0)
	must(err)
	held := os.NewFile(uintptr(file), "loader")
	_, err = held.Write(program)
	must(err)
	child := exec.Command("/proc/self/fd/3", args...)
	child.ExtraFiles = []*os.File{held}
	return child.Run()
}

// copied runs the rest from a copy at the given path, which is gone before it calls out: `copied PATH KIND ...`.
func copied(args []string) error {
	program, err := os.ReadFile(self())
	must(err)
	must(os.MkdirAll(filepath.Dir(args[0]), 0o755))
	must(os.WriteFile(args[0], program, 0o755))
	child := exec.Command(args[0], append([]string{"-after", "300ms"}, args[1:]...)...)
	must(child.Start())
	must(os.Remove(args[0]))
	return child.Wait()
}
