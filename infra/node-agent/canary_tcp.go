// SPDX-License-Identifier: Apache-2.0
package main

import (
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

const connected = "connected"

// connectBy connects and waits within the call; `prepare` may be nil.
func connectBy(protocol int, prepare func(c canary, socket int) error) func(canary) (string, error) {
	return func(c canary) (string, error) {
		to := c.addrPort()
		socket, err := openSocket(familyOf(to.Addr()), unix.SOCK_STREAM, protocol)
		if err != nil {
			return "", err
		}
		defer unix.Close(socket)
		if prepare != nil {
			if err := prepare(c, socket); err != nil {
				return "", err
			}
		}
		return connected, whole(func() error { return unix.Connect(socket, sockaddrOf(to)) })
	}
}

// connectNonblocking connects as Go does: the call returns at once, and epoll tells the rest.
func connectNonblocking(c canary) (string, error) {
	connection, err := net.DialTimeout("tcp", c.hostPort(), paced(patience))
	if err != nil {
		return "", err
	}
	return connected, connection.Close()
}

// sendWithSYN never connects: TCP Fast Open does it with the first data.
func sendWithSYN(c canary) (string, error) {
	to := c.addrPort()
	socket, err := openSocket(familyOf(to.Addr()), unix.SOCK_STREAM, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(socket)
	err = whole(func() error { return unix.Sendto(socket, words, unix.MSG_FASTOPEN, sockaddrOf(to)) })
	if err == unix.EOPNOTSUPP { // net.ipv4.tcp_fastopen
		return "", refusal(err)
	}
	return connected, err
}

// connectMapped reaches an IPv4 address as ::ffff:a.b.c.d by an IPv6 socket.
func connectMapped(c canary) (string, error) {
	socket, err := openSocket(unix.AF_INET6, unix.SOCK_STREAM, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(socket)
	if err := unix.SetsockoptInt(socket, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0); err != nil {
		return "", refusal(err)
	}
	to := netip.AddrPortFrom(netip.AddrFrom16(c.addrPort().Addr().As16()), uint16(c.To.Port))
	return connected, whole(func() error { return unix.Connect(socket, sockaddrOf(to)) })
}

// bindToDevice leaves by the interface that leads to the next hop, whatever the routes say.
func bindToDevice(c canary, socket int) error {
	hop, err := findNextHop(c.Gateway)
	if err != nil {
		return err
	}
	return refusal(unix.BindToDevice(socket, hop.device.Name))
}
