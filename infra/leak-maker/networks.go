// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"net"
	"os"
	"runtime"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func init() {
	add(map[string]func([]string) error{
		"own-network":  ownNetwork,
		"node-network": nodeNetwork,
		"route-get":    routeGet,
	})
}

// ownNetwork does the rest in a network namespace that it makes, behind its own, as Docker inside a pod does:
// `own-network SUBNET-PREFIX KIND ...`, where 172.30.9 makes 172.30.9.1 and .2.
func ownNetwork(args []string) error {
	prefix, rest := args[0], args[1:]
	runtime.LockOSThread() // never unlocked: the thread's namespace is another one from here on
	outer, err := os.Open("/proc/thread-self/ns/net")
	must(err)
	defer outer.Close()
	must(os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0))
	must(unix.Unshare(unix.CLONE_NEWNET))
	pair := netlink.NewVeth(netlink.LinkAttrs{Name: "inner0"})
	pair.PeerName = "outer0"
	pair.PeerNamespace = netlink.NsFd(int(outer.Fd()))
	must(netlink.LinkAdd(pair))
	inner, err := os.Open("/proc/thread-self/ns/net")
	must(err)
	defer inner.Close()
	must(unix.Setns(int(outer.Fd()), unix.CLONE_NEWNET))
	raise("outer0", prefix+".1/30")
	must(unix.Setns(int(inner.Fd()), unix.CLONE_NEWNET))
	raise("inner0", prefix+".2/30")
	must(netlink.RouteAdd(&netlink.Route{Gw: net.ParseIP(prefix + ".1")}))
	return kinds[rest[0]](rest[1:])
}

func raise(name, address string) {
	device, err := netlink.LinkByName(name)
	must(err)
	parsed, err := netlink.ParseAddr(address)
	must(err)
	must(netlink.AddrAdd(device, parsed))
	must(netlink.LinkSetUp(device))
}

// nodeNetwork does the rest in the network namespace of the node's first process; the pod shares its PIDs.
func nodeNetwork(args []string) error {
	runtime.LockOSThread()
	first, err := os.Open("/proc/1/ns/net")
	must(err)
	defer first.Close()
	must(unix.Setns(int(first.Fd()), unix.CLONE_NEWNET))
	return kinds[args[0]](args[1:])
}

// routeGet asks the kernel for a route, as `ip route get` does: nothing is sent.
func routeGet(args []string) error {
	routes, err := netlink.RouteGet(net.ParseIP(args[0]))
	if err == nil {
		fmt.Println(routes)
	}
	return err
}
