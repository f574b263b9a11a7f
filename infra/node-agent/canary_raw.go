// SPDX-License-Identifier: Apache-2.0
package main

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// echoBy sends an echo request: SOCK_RAW needs CAP_NET_RAW, SOCK_DGRAM ("ping socket") a group that
// net.ipv4.ping_group_range lets.
func echoBy(kind int) func(canary) (string, error) {
	return func(c canary) (string, error) {
		to := c.addrPort().Addr()
		protocol, echo := unix.IPPROTO_ICMP, []byte{8, 0, 0, 0, 0xa1, 0x4c, 0, 1}
		if to.Is6() { // the kernel, which knows the source address, sets the checksum
			protocol, echo[0] = unix.IPPROTO_ICMPV6, 128
		} else {
			putChecksum(echo[2:], checksum(echo))
		}
		return sendRaw(familyOf(to), kind, protocol, echo, to)
	}
}

// sendWithHeader gives the kernel a packet with its IP header (IP_HDRINCL): the route is looked up as that of protocol 255,
// and the packet is a datagram.
func sendWithHeader(c canary) (string, error) {
	to := c.addrPort()
	hop, err := findNextHop(c.Gateway)
	if err != nil {
		return "", err
	}
	from, err := hop.sourceAddress(to.Addr().Is4())
	if err != nil {
		return "", err
	}
	packet := udpPacket(from, to.Addr(), to.Port(), words)
	return sendRaw(familyOf(to.Addr()), unix.SOCK_RAW, unix.IPPROTO_RAW, packet, to.Addr())
}

func sendRaw(family, kind, protocol int, packet []byte, to netip.Addr) (string, error) {
	socket, err := openSocket(family, kind, protocol)
	if err != nil {
		return "", err
	}
	defer unix.Close(socket)
	return "sent", unix.Sendto(socket, packet, 0, sockaddrOf(netip.AddrPortFrom(to, 0)))
}
