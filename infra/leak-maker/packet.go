// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
)

func init() {
	add(map[string]func([]string) error{
		"ethernet":        ethernetFrame,
		"packet":          packetFrame,
		"packet-datagram": packetDatagram,
	})
}

// packetFrame puts a whole Ethernet frame on the wire, past all routing: `packet ADDR:PORT NEXT-HOP`.
func packetFrame(args []string) error {
	device, to := outerDevice(), addrPort(args[0])
	kind, packet := packetFor(device, to)
	frame := slices.Concat(neighbour(args[1]), device.HardwareAddr, binary.BigEndian.AppendUint16(nil, kind), packet)
	made := socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	defer unix.Close(made)
	return unix.Sendto(made, frame, 0, &unix.SockaddrLinklayer{Ifindex: device.Index})
}

// ethernetFrame sends what is neither IP nor ARP, to a neighbour on the link: `ethernet TYPE HARDWARE-ADDRESS`, the type in hexadecimal.
func ethernetFrame(args []string) error {
	device := outerDevice()
	kind, err := strconv.ParseUint(args[0], 16, 16)
	must(err)
	to, err := net.ParseMAC(args[1])
	must(err)
	head := slices.Concat(to, device.HardwareAddr, binary.BigEndian.AppendUint16(nil, uint16(kind)))
	made := socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	defer unix.Close(made)
	return unix.Sendto(made, append(head, make([]byte, 46)...), 0, &unix.SockaddrLinklayer{Ifindex: device.Index})
}

// packetDatagram leaves the Ethernet header to the kernel.
func packetDatagram(args []string) error {
	device, to := outerDevice(), addrPort(args[0])
	kind, packet := packetFor(device, to)
	made := socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
	defer unix.Close(made)
	next := unix.SockaddrLinklayer{Ifindex: device.Index, Protocol: kind<<8 | kind>>8, Halen: 6}
	copy(next.Addr[:], neighbour(args[1]))
	return unix.Sendto(made, packet, 0, &next)
}

func packetFor(device net.Interface, to netip.AddrPort) (uint16, []byte) {
	if to.Addr().Is4() {
		from := ownAddress(device)
		packet := ipv4Packet(to.Addr(), unix.IPPROTO_UDP, udpDatagram(from, to))
		copy(packet[12:16], from.AsSlice())
		binary.BigEndian.PutUint16(packet[10:], checksum(packet[:20]))
		return etherIPv4, packet
	}
	from := netip.MustParseAddr("2001:db8::1ea:4") // nothing comes back to it
	datagram := udpDatagram(from, to)
	header := []byte{0x60, 0, 0, 0, byte(len(datagram) >> 8), byte(len(datagram)), unix.IPPROTO_UDP, 64}
	return etherIPv6, slices.Concat(header, from.AsSlice(), to.Addr().AsSlice(), datagram)
}

func ownAddress(device net.Interface) netip.Addr {
	addresses, err := device.Addrs()
	must(err)
	for _, one := range addresses {
		if prefix, err := netip.ParsePrefix(one.String()); err == nil && prefix.Addr().Is4() {
			return prefix.Addr()
		}
	}
	panic(unable{unix.EADDRNOTAVAIL})
}

// neighbour lets the kernel find the next hop's hardware address, by a datagram to its discard port.
func neighbour(hop string) net.HardwareAddr {
	for range 40 {
		wake, err := net.Dial("udp4", net.JoinHostPort(hop, "9"))
		must(err)
		_, _ = wake.Write([]byte{0})
		_ = wake.Close()
		table, err := os.ReadFile("/proc/net/arp")
		must(err)
		for line := range strings.Lines(string(table)) {
			fields := strings.Fields(line) // address, type, flags, hardware address, mask, device
			if len(fields) < 4 || fields[0] != hop {
				continue
			}
			if found, err := net.ParseMAC(fields[3]); err == nil && !slices.Equal(found, make(net.HardwareAddr, 6)) {
				return found
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	panic(unable{unix.EHOSTUNREACH})
}
