// SPDX-License-Identifier: Apache-2.0
package main

import (
	"runtime/debug"
	"unsafe"

	"golang.org/x/sys/unix"
)

// connect32 is the number of connect() among the system calls of 32-bit programs (i386).
const connect32 = 362

// call32 makes a system call by the way of 32-bit programs (canary_32bit_amd64.s); the result is theirs.
func call32(number, first, second, third uint32) int32

// connectBy32Bit connects as a 32-bit program does: the kernel takes the call by another entry, which those who watch the
// system calls of 64-bit programs do not see.
func connectBy32Bit(c canary) (string, error) {
	to := c.addrPort()
	socket, err := openSocket(familyOf(to.Addr()), unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(socket)
	page, err := unix.Mmap(-1, 0, unix.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_32BIT)
	if err != nil {
		return "", err
	}
	defer unix.Munmap(page)
	size := copy(page, nameOf(to))
	result, err := tryCall32(connect32, uint32(socket), uint32(uintptr(unsafe.Pointer(&page[0]))), uint32(size))
	if err != nil {
		return "", err
	}
	if result < 0 && -unix.Errno(result) != unix.EINPROGRESS {
		return "", unix.Errno(-result)
	}
	return connected, awaitConnected(socket)
}

// tryCall32 answers ENOSYS where the kernel has no such way (CONFIG_IA32_EMULATION, ia32_emulation=0): the processor refuses it then.
func tryCall32(number, first, second, third uint32) (result int32, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			err = notHere{unix.ENOSYS}
		}
	}()
	return call32(number, first, second, third), nil
}

// awaitConnected waits `patience` for what becomes of a connect that did not wait.
func awaitConnected(socket int) error {
	wait := []unix.PollFd{{Fd: int32(socket), Events: unix.POLLOUT}}
	err := whole(func() error {
		ready, err := unix.Poll(wait, int(paced(patience).Milliseconds()))
		if ready == 0 && err == nil {
			return errSilence
		}
		return err
	})
	if err != nil {
		return err
	}
	code, err := unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		return unix.Errno(code)
	}
	return err
}
