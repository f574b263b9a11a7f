// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

func init() {
	add(map[string]func([]string) error{
		"icmp":        rawICMP,
		"ping-socket": pingSocket,
		"header-udp":  headerUDP,
		"header-tcp":  headerTCP,
		"gre":         rawGRE,
	})
}

func echoRequest(to netip.Addr) []byte {
	echo := []byte{8, 0, 0, 0, 0x1e, 0xac, 0, 1}
	if to.Is6() {
		echo[0] = 128 // the kernel fills its checksum in
		return echo
	}
	binary.BigEndian.PutUint16(echo[2:], checksum(echo))
	return echo
}

func icmpProtocol(to netip.Addr) int {
	if to.Is4() {
		return unix.IPPROTO_ICMP
	}
	return unix.IPPROTO_ICMPV6
}

func rawICMP(args []string) error {
	to := address(args[0])
	made := socket(family(to), unix.SOCK_RAW, icmpProtocol(to))
	defer unix.Close(made)
	return unix.Sendto(made, echoRequest(to), 0, sockaddr(netip.AddrPortFrom(to, 0)))
}

// pingSocket needs no privilege where net.ipv4.ping_group_range lets it.
func pingSocket(args []string) error {
	to := address(args[0])
	made := socket(family(to), unix.SOCK_DGRAM, icmpProtocol(to))
	defer unix.Close(made)
	return unix.Sendto(made, echoRequest(to), 0, sockaddr(netip.AddrPortFrom(to, 0)))
}

func rawGRE(args []string) error {
	to := address(args[0])
	made := socket(family(to), unix.SOCK_RAW, unix.IPPROTO_GRE)
	defer unix.Close(made)
	return unix.Sendto(made, []byte{0, 0, 8, 0}, 0, sockaddr(netip.AddrPortFrom(to, 0)))
}

func headerUDP(args []string) error {
	to := addrPort(args[0])
	return sendWithHeader(to, ipv4Packet(to.Addr(), unix.IPPROTO_UDP, udpDatagram(netip.IPv4Unspecified(), to)))
}

func headerTCP(args []string) error {
	to := addrPort(args[0])
	segment := binary.BigEndian.AppendUint16(nil, 40002)
	segment = binary.BigEndian.AppendUint16(segment, to.Port())
	segment = append(segment, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0x40, 0, 0, 0, 0, 0) // SYN
	return sendWithHeader(to, ipv4Packet(to.Addr(), unix.IPPROTO_TCP, segment))
}

// sendWithHeader gives the kernel a packet with its IP header (IP_HDRINCL); source address and checksum are the kernel's.
func sendWithHeader(to netip.AddrPort, packet []byte) error {
	made := socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
	defer unix.Close(made)
	must(unix.SetsockoptInt(made, unix.IPPROTO_IP, unix.IP_HDRINCL, 1))
	return unix.Sendto(made, packet, 0, sockaddr(netip.AddrPortFrom(to.Addr(), 0)))
}

func ipv4Packet(to netip.Addr, protocol byte, data []byte) []byte {
	header := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(header[2:], uint16(20+len(data)))
	return slices.Concat(header, to.AsSlice(), data)
}

// udpDatagram with its checksum, which IPv6 demands.
func udpDatagram(from netip.Addr, to netip.AddrPort) []byte {
	datagram := binary.BigEndian.AppendUint16(nil, 40001)
	datagram = binary.BigEndian.AppendUint16(datagram, to.Port())
	datagram = binary.BigEndian.AppendUint16(datagram, uint16(8+len(payload)))
	datagram = append(append(datagram, 0, 0), payload...)
	if from.IsUnspecified() {
		return datagram // no checksum: IPv4 allows it
	}
	pseudo := slices.Concat(from.AsSlice(), to.Addr().AsSlice(), []byte{0, unix.IPPROTO_UDP}, datagram[4:6], datagram)
	binary.BigEndian.PutUint16(datagram[6:], checksum(pseudo))
	return datagram
}

// checksum is that of RFC 1071.
func checksum(bytes []byte) uint16 {
	var sum uint32
	for index, value := range bytes {
		sum += uint32(value) << (8 * (1 - index%2))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
