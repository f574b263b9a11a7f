// SPDX-License-Identifier: Apache-2.0
package main

import (
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

var payload = []byte("a datagram that should not leave")

func addrPort(text string) netip.AddrPort {
	place, err := netip.ParseAddrPort(text)
	must(err)
	return place
}

func address(text string) netip.Addr {
	found, err := netip.ParseAddr(text)
	must(err)
	return found
}

// sockaddr is what the kernel takes; an IPv4 address stays one unless it is given as ::ffff:a.b.c.d.
func sockaddr(place netip.AddrPort) unix.Sockaddr {
	if place.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(place.Port()), Addr: place.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(place.Port()), Addr: place.Addr().As16()}
}

func family(of netip.Addr) int {
	if of.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// socket that gives up after `patience`. Where there is no such socket the kind cannot try.
func socket(family, kind, protocol int) int {
	made, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, protocol)
	must(err)
	limit := unix.NsecToTimeval(int64(patience))
	must(unix.SetsockoptTimeval(made, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit))
	must(unix.SetsockoptTimeval(made, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit))
	return made
}

// outcome of a connect that goes on by itself.
func outcome(made int) error {
	waiting := []unix.PollFd{{Fd: int32(made), Events: unix.POLLOUT}}
	if _, err := unix.Poll(waiting, int(patience/time.Millisecond)); err != nil {
		return err
	}
	code, err := unix.GetsockoptInt(made, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil || code == 0 {
		return err
	}
	return unix.Errno(code)
}

// outerDevice is the interface that leads on: of the default route, else the first that is up and no bridge's.
func outerDevice() net.Interface {
	devices, err := net.Interfaces()
	must(err)
	for _, device := range devices {
		isInner := device.Flags&net.FlagLoopback != 0 || device.Name == "cni0" || len(device.Name) > 3 && device.Name[:4] == "veth"
		if !isInner && device.Flags&net.FlagUp != 0 && len(device.HardwareAddr) == 6 {
			return device
		}
	}
	panic(unable{unix.ENODEV})
}
