// SPDX-License-Identifier: Apache-2.0
package main

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

const (
	protocolMPTCP      = 262
	tcpFastOpenConnect = 30 // linux/tcp.h
)

func init() {
	add(map[string]func([]string) error{
		"tcp":                  connectTCP(0, nil),
		"tcp-nonblocking":      connectNonblocking,
		"tcp-fastopen":         fastOpen,
		"tcp-fastopen-connect": fastOpenConnect,
		"tcp-mptcp":            connectTCP(protocolMPTCP, nil),
		"tcp-mapped":           connectMapped,
		"tcp-device":           connectTCP(0, bindToDevice),
		"tcp-mark":             connectTCP(0, mark),
		"tcp-foreign-source":   connectTCP(0, foreignSource),
		"sctp":                 connectOther(unix.SOCK_STREAM, unix.IPPROTO_SCTP),
		"dccp":                 connectOther(unix.SOCK_DCCP, unix.IPPROTO_DCCP),
	})
}

func connectTCP(protocol int, prepare func(made int)) func([]string) error {
	return func(args []string) error {
		to := addrPort(args[0])
		made := socket(family(to.Addr()), unix.SOCK_STREAM, protocol)
		defer unix.Close(made)
		if prepare != nil {
			prepare(made)
		}
		return unix.Connect(made, sockaddr(to))
	}
}

func connectOther(kind, protocol int) func([]string) error {
	return func(args []string) error {
		to := addrPort(args[0])
		made := socket(family(to.Addr()), kind, protocol)
		defer unix.Close(made)
		return unix.Connect(made, sockaddr(to))
	}
}

func connectNonblocking(args []string) error {
	to := addrPort(args[0])
	made := socket(family(to.Addr()), unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	defer unix.Close(made)
	if err := unix.Connect(made, sockaddr(to)); err != unix.EINPROGRESS {
		return err
	}
	return outcome(made)
}

// fastOpen never calls connect: the first data goes with the SYN.
func fastOpen(args []string) error {
	to := addrPort(args[0])
	made := socket(family(to.Addr()), unix.SOCK_STREAM, 0)
	defer unix.Close(made)
	return unix.Sendto(made, payload, unix.MSG_FASTOPEN, sockaddr(to))
}

func fastOpenConnect(args []string) error {
	to := addrPort(args[0])
	made := socket(family(to.Addr()), unix.SOCK_STREAM, 0)
	defer unix.Close(made)
	must(unix.SetsockoptInt(made, unix.IPPROTO_TCP, tcpFastOpenConnect, 1))
	if err := unix.Connect(made, sockaddr(to)); err != nil {
		return err
	}
	_, err := unix.Write(made, payload)
	return err
}

// connectMapped reaches an IPv4 address by an IPv6 socket.
func connectMapped(args []string) error {
	to := addrPort(args[0])
	made := socket(unix.AF_INET6, unix.SOCK_STREAM, 0)
	defer unix.Close(made)
	must(unix.SetsockoptInt(made, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0))
	return unix.Connect(made, sockaddr(netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), to.Port())))
}

func bindToDevice(made int) { must(unix.BindToDevice(made, outerDevice().Name)) }

func mark(made int) { must(unix.SetsockoptInt(made, unix.SOL_SOCKET, unix.SO_MARK, 0x77)) }

// foreignSource sends from an address that this host does not have.
func foreignSource(made int) {
	must(unix.SetsockoptInt(made, unix.IPPROTO_IP, unix.IP_TRANSPARENT, 1))
	must(unix.Bind(made, &unix.SockaddrInet4{Addr: [4]byte{192, 0, 2, 250}}))
}
