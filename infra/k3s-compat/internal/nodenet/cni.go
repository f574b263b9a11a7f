// SPDX-License-Identifier: Apache-2.0

package nodenet

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
)

// FirstPodNetwork is the network that the controller-manager gives to the first node: the first /24 (IPv6: /64) of the
// cluster's range. It is known before the node exists, so that the pod network need not wait for the control plane.
func FirstPodNetwork(cluster *net.IPNet) *net.IPNet {
	ones, bits := cluster.Mask.Size()
	size := 24
	if bits == 128 {
		size = 64
	}
	return &net.IPNet{IP: cluster.IP, Mask: net.CIDRMask(max(size, ones), bits)}
}

// WriteCNI writes the network configuration of this node's pods: one bridge, cni0, with masquerading, as flannel's
// delegate makes it on a node. podNetworks are the node's pod CIDRs.
func WriteCNI(dir string, podNetworks []string) error {
	var ranges [][]map[string]string
	var routes []map[string]string
	for _, network := range podNetworks {
		ranges = append(ranges, []map[string]string{{"subnet": network}})
		destination := "0.0.0.0/0"
		if ip, _, err := net.ParseCIDR(network); err != nil {
			return err
		} else if ip.To4() == nil {
			destination = "::/0"
		}
		routes = append(routes, map[string]string{"dst": destination})
	}
	config := map[string]any{
		"cniVersion": "1.0.0",
		"name":       "cbr0",
		"plugins": []map[string]any{
			{
				"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
				"forceAddress": true,
				"ipam":         map[string]any{"type": "host-local", "ranges": ranges, "routes": routes},
			},
			{"type": "portmap", "capabilities": map[string]bool{"portMappings": true}},
		},
	}
	data, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// Renamed into place: containerd reads the folder at every change.
	temporary := filepath.Join(dir, ".new")
	if err := os.WriteFile(temporary, append(data, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, filepath.Join(dir, "10-flannel.conflist"))
}
