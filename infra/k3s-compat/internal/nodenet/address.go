// SPDX-License-Identifier: Apache-2.0

// Package nodenet finds a node's address and name servers and writes its pod network.
package nodenet

import (
	"fmt"
	"net"

	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// Addresses gives the node's addresses: those given, else the flannel interface's, else that of the default route. With
// none of the three it fails as K3s does, which is what a node without a default route must be configured against.
func Addresses(given []string, iface string) ([]net.IP, error) {
	if len(given) > 0 {
		return ParseIPs(given)
	}
	if iface != "" {
		address, err := interfaceAddress(iface)
		return []net.IP{address}, err
	}
	address, err := utilnet.ChooseHostInterface()
	if err != nil {
		return nil, fmt.Errorf("unable to select an IP from default routes (pass --node-ip or --flannel-iface): %w", err)
	}
	return []net.IP{address}, nil
}

func interfaceAddress(name string) (net.IP, error) {
	iface, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("--flannel-iface %s: %w", name, err)
	}
	addresses, err := iface.Addrs()
	if err != nil {
		return nil, fmt.Errorf("--flannel-iface %s: %w", name, err)
	}
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && network.IP.To4() != nil && network.IP.IsGlobalUnicast() {
			return network.IP, nil
		}
	}
	return nil, fmt.Errorf("--flannel-iface %s has no IPv4 address", name)
}

// ParseIPs parses addresses and names the one that is none.
func ParseIPs(texts []string) ([]net.IP, error) {
	out := make([]net.IP, 0, len(texts))
	for _, text := range texts {
		ip := net.ParseIP(text)
		if ip == nil {
			return nil, fmt.Errorf("%q is not an IP address", text)
		}
		out = append(out, ip)
	}
	return out, nil
}

// ParseNetworks parses CIDRs and names the one that is none.
func ParseNetworks(texts []string) ([]*net.IPNet, error) {
	out := make([]*net.IPNet, 0, len(texts))
	for _, text := range texts {
		_, network, err := net.ParseCIDR(text)
		if err != nil {
			return nil, err
		}
		out = append(out, network)
	}
	return out, nil
}

// Nth gives the nth address of a network: 1 is the API server's Service, 10 the cluster's DNS.
func Nth(network *net.IPNet, n int) net.IP {
	ip := make(net.IP, len(network.IP))
	copy(ip, network.IP)
	for i := len(ip) - 1; i >= 0 && n > 0; i-- {
		n += int(ip[i])
		ip[i] = byte(n)
		n >>= 8
	}
	return ip
}
