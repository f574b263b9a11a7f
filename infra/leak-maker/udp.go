// SPDX-License-Identifier: Apache-2.0
package main

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() {
	add(map[string]func([]string) error{
		"udp-connect":    udpConnect,
		"udp-sendto":     udpSendto,
		"udp-sendmsg":    udpSendmsg,
		"udp-sendmmsg":   udpSendmmsg,
		"udp-mapped":     udpMapped,
		"udp-probe":      udpProbe,
		"udplite":        udpLite,
		"multicast":      multicast,
		"multicast-link": multicast,
		"broadcast":      broadcast,
	})
}

func udp(to netip.AddrPort) int { return socket(family(to.Addr()), unix.SOCK_DGRAM, 0) }

func udpConnect(args []string) error {
	to := addrPort(args[0])
	made := udp(to)
	defer unix.Close(made)
	if err := unix.Connect(made, sockaddr(to)); err != nil {
		return err
	}
	_, err := unix.Write(made, payload)
	return err
}

// udpProbe only asks the kernel which source address it would take, as resolvers do: nothing is sent.
func udpProbe(args []string) error {
	to := addrPort(args[0])
	made := udp(to)
	defer unix.Close(made)
	return unix.Connect(made, sockaddr(to))
}

func udpSendto(args []string) error {
	to := addrPort(args[0])
	made := udp(to)
	defer unix.Close(made)
	return unix.Sendto(made, payload, 0, sockaddr(to))
}

func udpSendmsg(args []string) error {
	to := addrPort(args[0])
	made := udp(to)
	defer unix.Close(made)
	return unix.Sendmsg(made, payload, nil, sockaddr(to), 0)
}

// udpMapped reaches an IPv4 address by an IPv6 socket.
func udpMapped(args []string) error {
	to := addrPort(args[0])
	made := socket(unix.AF_INET6, unix.SOCK_DGRAM, 0)
	defer unix.Close(made)
	must(unix.SetsockoptInt(made, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0))
	return unix.Sendto(made, payload, 0, sockaddr(netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), to.Port())))
}

// udpSendmmsg sends to several destinations by one system call.
func udpSendmmsg(args []string) error {
	type message struct {
		header unix.Msghdr
		length uint32
	}
	first := addrPort(args[0])
	made := udp(first)
	defer unix.Close(made)
	vector := unix.Iovec{Base: &payload[0]}
	vector.SetLen(len(payload))
	names := make([]unix.RawSockaddrInet4, len(args))
	messages := make([]message, len(args))
	for index, text := range args {
		to := addrPort(text)
		port := to.Port()
		names[index] = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port<<8 | port>>8, Addr: to.Addr().As4()}
		messages[index].header = unix.Msghdr{
			Name: (*byte)(unsafe.Pointer(&names[index])), Namelen: unix.SizeofSockaddrInet4, Iov: &vector,
		}
		messages[index].header.SetIovlen(1)
	}
	_, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(made), uintptr(unsafe.Pointer(&messages[0])), uintptr(len(messages)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func udpLite(args []string) error {
	to := addrPort(args[0])
	made := socket(family(to.Addr()), unix.SOCK_DGRAM, unix.IPPROTO_UDPLITE)
	defer unix.Close(made)
	return unix.Sendto(made, payload, 0, sockaddr(to))
}

// multicast goes out of the interface that leads on, whatever the routes say.
func multicast(args []string) error {
	to := addrPort(args[0])
	made := udp(to)
	defer unix.Close(made)
	device := outerDevice()
	if to.Addr().Is4() {
		must(unix.SetsockoptIPMreqn(made, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, &unix.IPMreqn{Ifindex: int32(device.Index)}))
	} else {
		must(unix.SetsockoptInt(made, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, device.Index))
	}
	return unix.Sendto(made, payload, 0, sockaddr(to))
}

func broadcast(args []string) error {
	to := addrPort(args[0])
	made := udp(to)
	defer unix.Close(made)
	must(unix.SetsockoptInt(made, unix.SOL_SOCKET, unix.SO_BROADCAST, 1))
	return unix.Sendto(made, payload, 0, sockaddr(to))
}
