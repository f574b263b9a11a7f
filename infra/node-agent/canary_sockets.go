// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// words that a canary carries where it carries any.
var words = []byte("airgap canary")

var errSilence = errors.New("no answer")

// notHere says that the kernel has no such socket or lets nobody in this place have it. Nothing was sent.
type notHere struct{ errno syscall.Errno }

func (n notHere) Error() string { return n.errno.Error() }
func (n notHere) Unwrap() error { return n.errno }

// refusals are what kernels answer to a socket, or an option of one, that they lack (the first ones, EINVAL where they do
// not even know its number) or do not allow. Anything else, as too many open files, is a fault and not a refusal.
var refusals = []syscall.Errno{
	unix.ENOSYS, unix.EPROTONOSUPPORT, unix.ESOCKTNOSUPPORT, unix.EAFNOSUPPORT, unix.ENOPROTOOPT, unix.EOPNOTSUPP,
	unix.EINVAL, unix.EPERM, unix.EACCES,
}

// refusal takes the error of making or preparing a socket.
func refusal(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) && slices.Contains(refusals, errno) {
		return notHere{errno}
	}
	return err
}

// openSocket makes one whose calls wait `patience` and no longer.
func openSocket(family, kind, protocol int) (int, error) {
	socket, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return -1, refusal(err)
	}
	limit := unix.NsecToTimeval(int64(paced(patience)))
	for _, option := range []int{unix.SO_SNDTIMEO, unix.SO_RCVTIMEO} {
		if err := unix.SetsockoptTimeval(socket, unix.SOL_SOCKET, option, &limit); err != nil {
			_ = unix.Close(socket)
			return -1, err
		}
	}
	return socket, nil
}

// whole makes a call again that a signal has cut short.
func whole(call func() error) error {
	for {
		switch err := call(); err {
		case unix.EINTR:
		case unix.EISCONN: // connected while the call was cut short
			return nil
		default:
			return silence(err)
		}
	}
}

// silence takes the kernel's words for "not yet" as no answer: `patience` is over then.
func silence(err error) error {
	if err == unix.EAGAIN || err == unix.EINPROGRESS || err == unix.EALREADY {
		return errSilence
	}
	return err
}

func familyOf(address netip.Addr) int {
	if address.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

func sockaddrOf(to netip.AddrPort) unix.Sockaddr {
	if to.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
}

// nameOf is what the kernel reads: struct sockaddr_in or sockaddr_in6.
func nameOf(to netip.AddrPort) []byte {
	name := binary.NativeEndian.AppendUint16(nil, uint16(familyOf(to.Addr())))
	name = binary.BigEndian.AppendUint16(name, to.Port())
	if to.Addr().Is4() {
		return slices.Concat(name, to.Addr().AsSlice(), make([]byte, 8))
	}
	return slices.Concat(name, make([]byte, 4), to.Addr().AsSlice(), make([]byte, 4))
}
