// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"slices"

	"github.com/sirupsen/logrus"

	"airgap.dev/k3s-compat/internal/cmdline"
)

// checkModes refuses values that this program does not know, and says of every accepted one without an effect here that
// it has none: nobody shall take the acceptance of a flag for the thing it asks for.
func checkModes(o *cmdline.Options) error {
	if known := []string{"none", "host-gw", "vxlan"}; !slices.Contains(known, o.FlannelBackend) {
		return fmt.Errorf("--flannel-backend %q: this stand-in knows %v", o.FlannelBackend, known)
	}
	if known := []string{"agent", "cluster", "pod", "disabled"}; !slices.Contains(known, o.EgressSelectorMode) {
		return fmt.Errorf("--egress-selector-mode %q: want one of %v", o.EgressSelectorMode, known)
	}
	if o.FlannelBackend == "none" {
		logrus.Info("Flannel backend none: pods get no network until a CNI plugin lies in /opt/cni/bin and /etc/cni/net.d")
	} else {
		logrus.Infof("Flannel backend %s: a single node needs no tunnel, pods are on the bridge cni0", o.FlannelBackend)
	}
	for _, name := range o.Disable.Values() {
		if name == "runtimes" {
			logrus.Infof("--disable %s: this stand-in has no %s in any case", name, name)
		}
	}
	for _, flag := range []struct {
		name  string
		given bool
	}{
		{"disable-network-policy", o.DisableNetworkPolicy}, {"disable-cloud-controller", o.DisableCloudController},
		{"cluster-init", o.ClusterInit},
		{"node-external-ip", len(o.NodeExternalIP.Values()) > 0},
	} {
		if given := flag.given; given {
			logrus.Infof("--%s: %s", flag.name, withoutEffect[flag.name])
		}
	}
	return nil
}

var withoutEffect = map[string]string{
	"disable-network-policy":   "this stand-in enforces no NetworkPolicy in any case",
	"disable-cloud-controller": "this stand-in has no cloud controller in any case",
	"cluster-init":             "the database is etcd in any case",
	"node-external-ip":         "advertised and in the certificates, but not in the node's status (K3s's cloud controller puts it there)",
}
