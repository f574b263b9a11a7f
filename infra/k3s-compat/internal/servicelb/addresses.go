// SPDX-License-Identifier: Apache-2.0

package servicelb

import (
	"net"
	"slices"

	core "k8s.io/api/core/v1"
)

// addresses are those of the nodes that are ready for a Service, of its families, in their order and sorted within each: the
// external ones where any such node has one, else the internal ones.
func addresses(service *core.Service, nodes []*core.Node, ready func(node string) bool) []string {
	found := map[core.NodeAddressType][]string{}
	for _, node := range nodes {
		if !ready(node.Name) {
			continue
		}
		for _, address := range node.Status.Addresses {
			found[address.Type] = append(found[address.Type], address.Address)
		}
	}
	all := found[core.NodeExternalIP]
	if len(all) == 0 {
		all = found[core.NodeInternalIP]
	}
	slices.Sort(all)
	all = slices.Compact(all)
	var list []string
	for _, family := range service.Spec.IPFamilies {
		for _, text := range all {
			ip := net.ParseIP(text)
			if ip != nil && (ip.To4() == nil) == (family == core.IPv6Protocol) {
				list = append(list, text)
			}
		}
	}
	return list
}
