// SPDX-License-Identifier: Apache-2.0
package main

import (
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

func makeTCP(c canary) (string, error) {
	connection, err := net.DialTimeout("tcp", c.hostPort(), paced(patience))
	if err != nil {
		return "", err
	}
	return "connected", connection.Close()
}

// makeUDP sends a datagram and waits whether an ICMP error comes back.
func makeUDP(c canary) (string, error) {
	connection, err := net.DialTimeout("udp", c.hostPort(), paced(patience))
	if err != nil {
		return "", err
	}
	defer connection.Close()
	if _, err := connection.Write([]byte("airgap canary")); err != nil {
		return "", err
	}
	if err := connection.SetReadDeadline(time.Now().Add(paced(patience))); err != nil {
		return "", err
	}
	if _, err := connection.Read(make([]byte, 1)); err != nil {
		return "", err
	}
	return "answered", nil
}

func makeICMP4(c canary) (string, error) {
	echo := []byte{8, 0, 0, 0, 0xa1, 0x4c, 0, 1}
	putChecksum(echo[2:], checksum(echo))
	address := netip.MustParseAddr(c.To.Address).As4()
	return sendRaw(unix.AF_INET, unix.IPPROTO_ICMP, echo, &unix.SockaddrInet4{Addr: address})
}

// makeICMP6 leaves the checksum to the kernel, which knows the source address.
func makeICMP6(c canary) (string, error) {
	echo := []byte{128, 0, 0, 0, 0xa1, 0x4c, 0, 1}
	address := netip.MustParseAddr(c.To.Address).As16()
	return sendRaw(unix.AF_INET6, unix.IPPROTO_ICMPV6, echo, &unix.SockaddrInet6{Addr: address})
}

func sendRaw(family, protocol int, packet []byte, to unix.Sockaddr) (string, error) {
	socket, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return "", err
	}
	defer unix.Close(socket)
	if err := unix.Sendto(socket, packet, 0, to); err != nil {
		return "", err
	}
	return "sent", nil
}
