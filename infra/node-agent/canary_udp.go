// SPDX-License-Identifier: Apache-2.0
package main

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hops that a packet may take. The kernel's default for multicast is one, and no router would forward it.
const hops = 64

// sendConnected sends by a socket that knows its destination.
func sendConnected(c canary) (string, error) {
	to := c.addrPort()
	return exchange(to, func(socket int) error {
		if err := unix.Connect(socket, sockaddrOf(to)); err != nil {
			return err
		}
		_, err := unix.Write(socket, words)
		return err
	})
}

// sendBy names the destination with the datagram; `prepare` may be nil.
func sendBy(
	send func(socket int, to netip.AddrPort) error, prepare func(c canary, socket int) error,
) func(canary) (string, error) {
	return func(c canary) (string, error) {
		to := c.addrPort()
		return exchange(to, func(socket int) error {
			if prepare != nil {
				if err := prepare(c, socket); err != nil {
					return err
				}
			}
			return send(socket, to)
		})
	}
}

// exchange sends a datagram and waits whether an ICMP error comes back.
func exchange(to netip.AddrPort, send func(socket int) error) (string, error) {
	socket, err := openSocket(familyOf(to.Addr()), unix.SOCK_DGRAM, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(socket)
	if err := hearErrors(socket, to.Addr()); err != nil {
		return "", err
	}
	if err := send(socket); err != nil {
		return "", err
	}
	return "answered", whole(func() error {
		_, err := unix.Read(socket, make([]byte, 1))
		return err
	})
}

// hearErrors has ICMP errors told to a socket also where it is not connected.
func hearErrors(socket int, to netip.Addr) error {
	if to.Is4() {
		return unix.SetsockoptInt(socket, unix.IPPROTO_IP, unix.IP_RECVERR, 1)
	}
	return unix.SetsockoptInt(socket, unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
}

func sendto(socket int, to netip.AddrPort) error {
	return unix.Sendto(socket, words, 0, sockaddrOf(to))
}

func sendmsg(socket int, to netip.AddrPort) error {
	return unix.Sendmsg(socket, words, nil, sockaddrOf(to), 0)
}

// sendmmsg is a call that x/sys/unix has no function for.
func sendmmsg(socket int, to netip.AddrPort) error {
	message := struct {
		header unix.Msghdr
		length uint32
	}{header: messageTo(nameOf(to))}
	_, _, errno := unix.Syscall6(
		unix.SYS_SENDMMSG, uintptr(socket), uintptr(unsafe.Pointer(&message)), 1, 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// messageTo is a message of `words`.
func messageTo(name []byte) unix.Msghdr {
	part := &unix.Iovec{Base: &words[0]}
	part.SetLen(len(words))
	message := unix.Msghdr{Name: &name[0], Namelen: uint32(len(name)), Iov: part}
	message.SetIovlen(1)
	return message
}

// outByDevice has multicast leave by the interface that leads to the next hop.
func outByDevice(c canary, socket int) error {
	hop, err := findNextHop(c.Gateway)
	if err != nil {
		return err
	}
	index := hop.device.Index
	if c.addrPort().Addr().Is6() {
		if err := unix.SetsockoptInt(socket, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, index); err != nil {
			return err
		}
		return unix.SetsockoptInt(socket, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, hops)
	}
	device := &unix.IPMreqn{Ifindex: int32(index)}
	if err := unix.SetsockoptIPMreqn(socket, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, device); err != nil {
		return err
	}
	return unix.SetsockoptInt(socket, unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, hops)
}
