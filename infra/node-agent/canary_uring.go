// SPDX-License-Identifier: Apache-2.0
package main

import (
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Of linux/io_uring.h.
const (
	// ringPolled: a thread of the kernel's own takes the requests (IORING_SETUP_SQPOLL).
	ringPolled     = 1 << 1
	ringThreadWake = 1 << 1 // IORING_ENTER_SQ_WAKEUP
	ringSendmsg    = 9
	ringConnect    = 16
	ringSubmission = 0
	ringCompletion = 0x8000000
	ringRequests   = 0x10000000
)

// ringIdle is how many milliseconds the kernel's thread looks for more before it sleeps: there is never more.
const ringIdle = 5

// ringParams is struct io_uring_params.
type ringParams struct {
	submissions, completions, flags, threadCPU, threadIdle, features, workers uint32
	_                                                                         [3]uint32
	submission                                                                struct {
		head, tail, mask, entries, flags, dropped, array, _ uint32
		_                                                   uint64
	}
	completion struct {
		head, tail, mask, entries, overflow, list, flags, _ uint32
		_                                                   uint64
	}
}

// ringRequest is struct io_uring_sqe.
type ringRequest struct {
	operation, flags uint8
	priority         uint16
	file             int32
	offset, address  uint64
	length, options  uint32
	_                [4]uint64
}

// ringResult is struct io_uring_cqe.
type ringResult struct {
	_      uint64
	result int32
	_      uint32
}

// connectByRing has io_uring connect.
func connectByRing(setup uint32) func(canary) (string, error) {
	return func(c canary) (string, error) {
		to := c.addrPort()
		socket, err := openSocket(familyOf(to.Addr()), unix.SOCK_STREAM, 0)
		if err != nil {
			return "", err
		}
		defer unix.Close(socket)
		name := nameOf(to)
		var pinner runtime.Pinner // the kernel reads it by its address
		defer pinner.Unpin()
		pinner.Pin(&name[0])
		return connected, throughRing(setup, ringRequest{
			operation: ringConnect, file: int32(socket),
			address: uint64(uintptr(unsafe.Pointer(&name[0]))), offset: uint64(len(name)),
		})
	}
}

// sendByRing has io_uring send a datagram.
func sendByRing(setup uint32) func(int, netip.AddrPort) error {
	return func(socket int, to netip.AddrPort) error {
		message := messageTo(nameOf(to))
		var pinner runtime.Pinner // as above
		defer pinner.Unpin()
		pinner.Pin(&message)
		pinner.Pin(message.Name)
		pinner.Pin(message.Iov)
		pinner.Pin(message.Iov.Base)
		return throughRing(setup, ringRequest{
			operation: ringSendmsg, file: int32(socket),
			address: uint64(uintptr(unsafe.Pointer(&message))), length: 1,
		})
	}
}

// throughRing hands one request to the kernel by a ring of its own, and waits `patience` for what becomes of it.
func throughRing(setup uint32, request ringRequest) error {
	// The kernel finishes a request when the thread that made it comes by.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	params := ringParams{flags: setup, threadIdle: ringIdle}
	file, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&params)), 0)
	if errno != 0 {
		return refusal(errno)
	}
	ring := int(file)
	defer unix.Close(ring)
	at := params.submission
	queue, err := mapRing(ring, ringSubmission, at.array+4*params.submissions)
	if err != nil {
		return err
	}
	defer unix.Munmap(queue)
	requests, err := mapRing(ring, ringRequests, uint32(unsafe.Sizeof(request))*params.submissions)
	if err != nil {
		return err
	}
	defer unix.Munmap(requests)
	done := params.completion
	results, err := mapRing(ring, ringCompletion, done.list+uint32(unsafe.Sizeof(ringResult{}))*params.completions)
	if err != nil {
		return err
	}
	defer unix.Munmap(results)

	*(*ringRequest)(unsafe.Pointer(&requests[0])) = request
	*(*uint32)(unsafe.Pointer(&queue[at.array])) = 0
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&queue[at.tail])), 1)
	flags := uintptr(0)
	if setup == ringPolled {
		flags = ringThreadWake
	}
	if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, file, 1, 0, flags, 0, 0); errno != 0 {
		return refusal(errno)
	}
	for end := time.Now().Add(paced(patience)); atomic.LoadUint32((*uint32)(unsafe.Pointer(&results[done.tail]))) == 0; {
		left := time.Until(end)
		if left <= 0 {
			return errSilence
		}
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(ring), Events: unix.POLLIN}}, int(left/time.Millisecond)+1)
		if err != nil && err != unix.EINTR {
			return err
		}
	}
	result := (*ringResult)(unsafe.Pointer(&results[done.list])).result
	switch {
	case result >= 0:
		return nil
	case result == -int32(unix.EINVAL) || result == -int32(unix.EOPNOTSUPP): // the kernel has rings, but no such request
		return refusal(unix.Errno(-result))
	default:
		return silence(unix.Errno(-result))
	}
}

func mapRing(ring int, offset int64, size uint32) ([]byte, error) {
	return unix.Mmap(ring, offset, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
}
