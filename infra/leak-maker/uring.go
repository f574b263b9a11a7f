// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/binary"
	"errors"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Of linux/io_uring.h.
const (
	setupSqPoll   = 1 << 1
	enterGetEvent = 1 << 0
	enterWakeUp   = 1 << 1
	opSendmsg     = 9
	opConnect     = 16
	offsetSq      = 0
	offsetCq      = 0x8000000
	offsetSqes    = 0x10000000
	sqeSize       = 64
)

func init() {
	add(map[string]func([]string) error{
		"uring-connect":        func(args []string) error { return uringConnect(args, 0) },
		"uring-sqpoll-connect": func(args []string) error { return uringConnect(args, setupSqPoll) },
		"uring-sendmsg":        func(args []string) error { return uringSendmsg(args, 0) },
		"uring-sqpoll-sendmsg": func(args []string) error { return uringSendmsg(args, setupSqPoll) },
	})
}

func rawIPv4(text string) *unix.RawSockaddrInet4 {
	to := addrPort(text)
	port := to.Port()
	return &unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port<<8 | port>>8, Addr: to.Addr().As4()}
}

func uringConnect(args []string, setup uint32) error {
	name := rawIPv4(args[0])
	var pinner runtime.Pinner // the kernel reads it by its address
	defer pinner.Unpin()
	pinner.Pin(name)
	made := socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	defer unix.Close(made)
	return submit(setup, opConnect, made, uintptr(unsafe.Pointer(name)), 0, unix.SizeofSockaddrInet4)
}

func uringSendmsg(args []string, setup uint32) error {
	name := rawIPv4(args[0])
	vector := &unix.Iovec{Base: &payload[0]}
	vector.SetLen(len(payload))
	header := &unix.Msghdr{Name: (*byte)(unsafe.Pointer(name)), Namelen: unix.SizeofSockaddrInet4, Iov: vector}
	header.SetIovlen(1)
	var pinner runtime.Pinner // the kernel reads them by their addresses
	defer pinner.Unpin()
	pinner.Pin(name)
	pinner.Pin(vector)
	pinner.Pin(header)
	pinner.Pin(&payload[0])
	made := socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	defer unix.Close(made)
	return submit(setup, opSendmsg, made, uintptr(unsafe.Pointer(header)), 1, 0)
}

// submit hands one request to the kernel by a ring and waits for its completion. `where`, `length` and `offset` are what the
// kernel calls addr, len and off; with setupSqPoll a thread of the kernel's own does it.
func submit(setup uint32, operation byte, file int, where uintptr, length uint32, offset uint64) error {
	params := make([]byte, 120) // struct io_uring_params
	order := binary.NativeEndian
	order.PutUint32(params[8:], setup)
	order.PutUint32(params[16:], 1000) // milliseconds until the thread idles
	ring, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 4, uintptr(unsafe.Pointer(&params[0])), 0)
	if errno != 0 {
		panic(unable{errno})
	}
	defer unix.Close(int(ring))
	at := func(offset int) int { return int(order.Uint32(params[offset:])) }
	entries, tail, array, completed := at(0), at(44), at(64), at(84)
	queue := mapRing(int(ring), offsetSq, array+4*entries)
	completions := mapRing(int(ring), offsetCq, completed+4)
	requests := mapRing(int(ring), offsetSqes, sqeSize*entries)
	requests[0] = operation
	order.PutUint32(requests[4:], uint32(file))
	order.PutUint64(requests[8:], offset)
	order.PutUint64(requests[16:], uint64(where))
	order.PutUint32(requests[24:], length)
	order.PutUint32(queue[array:], 0)
	order.PutUint32(queue[tail:], 1)
	flags, wait := uintptr(enterGetEvent), uintptr(0)
	if setup == setupSqPoll {
		flags = enterWakeUp
	}
	if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, ring, 1, wait, flags, 0, 0); errno != 0 {
		panic(unable{errno})
	}
	for range 200 {
		if order.Uint32(completions[completed:]) == 1 {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("submitted; no completion within 2 s")
}

func mapRing(ring int, offset int64, size int) []byte {
	mapped, err := unix.Mmap(ring, offset, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	must(err)
	return mapped
}
