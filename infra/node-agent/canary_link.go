// SPDX-License-Identifier: Apache-2.0
package main

import (
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	// linkPatience is more than duplicate address detection takes: a question a second (RFC 4862, 5.1), after up to a second (5.4.2).
	linkPatience = 5 * time.Second
	linkAgain    = 20 * time.Millisecond
	// Of linux/if_addr.h.
	addressFailed    = 0x08
	addressTentative = 0x40
)

// awaitLinks waits until the interfaces that the canaries leave by are usable, which those of a pod or node that was made just
// now are not: the kernel sends no multicast and nothing else of IPv6 from an interface whose carrier it has not noticed, and
// nothing from an address while it asks whether another has it. After `linkPatience` the canaries tell what they meet.
func awaitLinks(plan []canary) {
	for end := time.Now().Add(paced(linkPatience)); !linksAreUsable(plan) && time.Now().Before(end); {
		time.Sleep(linkAgain)
	}
}

func linksAreUsable(plan []canary) bool {
	asked := map[string]bool{}
	tentative := tentativeDevices()
	for _, c := range plan {
		if asked[c.Gateway] {
			continue
		}
		asked[c.Gateway] = true
		hop, err := findNextHop(c.Gateway)
		if err != nil { // no interface leads there, or a proxy's place is no neighbour
			continue
		}
		if hop.device.Flags&net.FlagRunning == 0 || tentative[hop.device.Index] {
			return false
		}
	}
	return true
}

// tentativeDevices are the indices of interfaces with an IPv6 address that is being asked for. One that another was found to
// have stays tentative for ever: nobody waits for it.
func tentativeDevices() map[int]bool {
	devices := map[int]bool{}
	table, err := os.ReadFile("/proc/net/if_inet6")
	if err != nil { // a kernel without IPv6
		return devices
	}
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line) // address, index, prefix length, scope, flags (all in hex), name
		if len(fields) < 6 {
			continue
		}
		index, _ := strconv.ParseInt(fields[1], 16, 32)
		flags, _ := strconv.ParseInt(fields[4], 16, 32)
		if flags&addressTentative != 0 && flags&addressFailed == 0 {
			devices[int(index)] = true
		}
	}
	return devices
}
