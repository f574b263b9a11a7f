// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	etherTypeIPv4 = 0x0800
	etherTypeIPv6 = 0x86dd
	discardPort   = 9
	sourcePort    = 20053
)

// nextHop is the neighbour that a frame is handed to, and the interface on which it is.
type nextHop struct {
	device  *net.Interface
	gateway netip.Addr
}

// makeFrame puts a complete Ethernet frame on the wire, past all routing: addressed to the next hop, so that one that
// forwards would forward it.
func makeFrame(c canary) (string, error) {
	to := netip.MustParseAddr(c.To.Address)
	hop, err := findNextHop(c.Gateway)
	if err != nil {
		return "", err
	}
	neighbour, err := hop.hardwareAddress()
	if err != nil {
		return "", err
	}
	from, err := hop.sourceAddress(to.Is4())
	if err != nil {
		return "", err
	}
	etherType := uint16(etherTypeIPv4)
	if to.Is6() {
		etherType = etherTypeIPv6
	}
	frame := slices.Concat(neighbour, hop.device.HardwareAddr, binary.BigEndian.AppendUint16(nil, etherType),
		udpPacket(from, to, uint16(c.To.Port), words))
	socket, err := openSocket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(socket)
	if err := unix.Sendto(socket, frame, 0, &unix.SockaddrLinklayer{Ifindex: hop.device.Index}); err != nil {
		return "", err
	}
	return "sent on " + hop.device.Name, nil
}

// findNextHop takes the given neighbour, or without one the default gateway.
func findNextHop(given string) (nextHop, error) {
	if given == "" {
		return defaultGateway()
	}
	gateway, err := netip.ParseAddr(given)
	if err != nil {
		return nextHop{}, err
	}
	devices, err := net.Interfaces()
	if err != nil {
		return nextHop{}, err
	}
	for _, device := range devices {
		for _, network := range networksOf(&device) {
			if network.Contains(gateway) && device.Flags&net.FlagLoopback == 0 {
				return nextHop{&device, gateway}, nil
			}
		}
	}
	return nextHop{}, fmt.Errorf("no interface leads to %s", gateway)
}

// defaultGateway reads the kernel's list of IPv4 routes: interface, destination and gateway as little-endian hex.
func defaultGateway() (nextHop, error) {
	routes, err := os.Open("/proc/net/route")
	if err != nil {
		return nextHop{}, err
	}
	defer routes.Close()
	for lines := bufio.NewScanner(routes); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 || fields[1] != "00000000" {
			continue
		}
		bytes, err := hex.DecodeString(fields[2])
		if err != nil || len(bytes) != 4 {
			continue
		}
		slices.Reverse(bytes)
		device, err := net.InterfaceByName(fields[0])
		return nextHop{device, netip.AddrFrom4([4]byte(bytes))}, err
	}
	return nextHop{}, errors.New("there is no default gateway")
}

// hardwareAddress lets the kernel resolve the neighbour, by a datagram to its discard port.
func (hop nextHop) hardwareAddress() (net.HardwareAddr, error) {
	for range 20 {
		wake, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(hop.gateway, discardPort)))
		if err != nil {
			return nil, err
		}
		_, _ = wake.Write([]byte{0}) // refused when the one before has already been answered
		_ = wake.Close()
		if found := neighbourOf(hop.gateway); found != nil {
			return found, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, fmt.Errorf("%s does not answer ARP", hop.gateway)
}

// neighbourOf looks into the kernel's ARP table.
func neighbourOf(address netip.Addr) net.HardwareAddr {
	table, err := os.ReadFile("/proc/net/arp")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line) // address, type, flags, hardware address, mask, device
		if len(fields) < 4 || fields[0] != address.String() {
			continue
		}
		found, err := net.ParseMAC(fields[3])
		if err == nil && !slices.Equal(found, make(net.HardwareAddr, len(found))) {
			return found
		}
	}
	return nil
}

// sourceAddress prefers an address that routers forward. For IPv6 a documentation address will do: nothing comes back.
func (hop nextHop) sourceAddress(isIPv4 bool) (netip.Addr, error) {
	for _, network := range networksOf(hop.device) {
		if network.Addr().Is4() == isIPv4 && !network.Addr().IsLinkLocalUnicast() {
			return network.Addr(), nil
		}
	}
	if isIPv4 {
		return netip.Addr{}, fmt.Errorf("%s has no IPv4 address", hop.device.Name)
	}
	return netip.MustParseAddr("2001:db8::a1:4c"), nil
}

func networksOf(device *net.Interface) []netip.Prefix {
	addresses, err := device.Addrs()
	if err != nil {
		return nil
	}
	var networks []netip.Prefix
	for _, address := range addresses {
		if network, err := netip.ParsePrefix(address.String()); err == nil {
			networks = append(networks, network)
		}
	}
	return networks
}

// udpPacket is an IP packet with a UDP datagram, all checksums right.
func udpPacket(from, to netip.Addr, port uint16, data []byte) []byte {
	size := 8 + len(data)
	datagram := binary.BigEndian.AppendUint16(nil, sourcePort)
	datagram = binary.BigEndian.AppendUint16(datagram, port)
	datagram = binary.BigEndian.AppendUint16(datagram, uint16(size))
	datagram = append(append(datagram, 0, 0), data...)
	pseudo := slices.Concat(from.AsSlice(), to.AsSlice(), []byte{0, unix.IPPROTO_UDP}, datagram[4:6])
	putChecksum(datagram[6:], checksum(append(pseudo, datagram...)))
	if to.Is6() {
		header := []byte{0x60, 0, 0, 0, byte(size >> 8), byte(size), unix.IPPROTO_UDP, hops}
		return slices.Concat(header, from.AsSlice(), to.AsSlice(), datagram)
	}
	total := 20 + size
	header := []byte{0x45, 0, byte(total >> 8), byte(total), 0, 0, 0, 0, hops, unix.IPPROTO_UDP, 0, 0}
	header = slices.Concat(header, from.AsSlice(), to.AsSlice())
	putChecksum(header[10:], checksum(header))
	return append(header, datagram...)
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

func putChecksum(place []byte, sum uint16) {
	binary.BigEndian.PutUint16(place, sum)
}
