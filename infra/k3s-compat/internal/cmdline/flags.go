// SPDX-License-Identifier: Apache-2.0

package cmdline

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// set is a flag set that knows from where it is being filled.
type set struct {
	*flag.FlagSet
	source source
}

// listValue adapts a List to flag.Value.
type listValue struct {
	list *List
	set  *set
}

func (v listValue) String() string {
	if v.list == nil {
		return ""
	}
	return strings.Join(v.list.values, ",")
}

// Set appends, or starts anew when the values so far come from a weaker source (K3s: a repeatable flag on the command
// line overwrites the config file's whole list).
func (v listValue) Set(value string) error {
	if v.list.from < v.set.source {
		v.list.values, v.list.from = nil, v.set.source
	}
	if !v.list.split {
		v.list.values = append(v.list.values, value)
		return nil
	}
	for _, part := range strings.Split(value, ",") {
		if part = strings.TrimSpace(part); part != "" {
			v.list.values = append(v.list.values, part)
		}
	}
	return nil
}

// newSet declares every flag that the stand-in honours. The environment is the weakest source after the defaults.
func newSet(o *Options) *set {
	s := &set{FlagSet: flag.NewFlagSet("server", flag.ContinueOnError)}
	s.SetOutput(io.Discard)
	s.texts(o)
	s.bools(o)
	s.IntVar(&o.HTTPSPort, "https-listen-port", o.HTTPSPort, "")
	s.IntVar(&o.Log.Verbosity, "v", 0, "")
	s.lists(o)
	return s
}

// text declares a flag with its aliases; env names variables that set its default.
func (s *set) text(target *string, env string, names ...string) {
	if value := os.Getenv(env); env != "" && value != "" {
		*target = value
	}
	for _, name := range names {
		s.StringVar(target, name, *target, "")
	}
}

func (s *set) texts(o *Options) {
	s.text(&o.DataDir, "K3S_DATA_DIR", "data-dir", "d")
	s.text(&o.ConfigFile, "K3S_CONFIG_FILE", "config", "c")
	s.text(&o.NodeName, "K3S_NODE_NAME", "node-name")
	s.text(&o.ResolvConf, "K3S_RESOLV_CONF", "resolv-conf")
	s.text(&o.Token, "K3S_TOKEN", "token", "t")
	s.text(&o.TokenFile, "K3S_TOKEN_FILE", "token-file")
	s.text(&o.Kubeconfig, "K3S_KUBECONFIG_OUTPUT", "write-kubeconfig", "o")
	s.text(&o.KubeconfigMode, "K3S_KUBECONFIG_MODE", "write-kubeconfig-mode")
	s.text(&o.BindAddress, "", "bind-address")
	s.text(&o.AdvertiseAddress, "", "advertise-address")
	s.text(&o.ClusterDomain, "", "cluster-domain")
	s.text(&o.FlannelIface, "", "flannel-iface")
	s.text(&o.FlannelBackend, "", "flannel-backend")
	s.text(&o.PrivateRegistry, "", "private-registry")
	s.text(&o.PauseImage, "", "pause-image")
	s.text(&o.SystemDefaultRegistry, "K3S_SYSTEM_DEFAULT_REGISTRY", "system-default-registry")
	s.text(&o.Snapshotter, "", "snapshotter")
	s.text(&o.ServiceNodePortRange, "", "service-node-port-range")
	s.text(&o.EgressSelectorMode, "", "egress-selector-mode")
	s.text(&o.LocalStoragePath, "", "default-local-storage-path")
	s.text(&o.Log.File, "", "log", "l")
}

func (s *set) bools(o *Options) {
	for name, target := range map[string]*bool{
		"debug":                             &o.Log.Debug,
		"alsologtostderr":                   &o.Log.AlsoToStderr,
		"disable-default-registry-endpoint": &o.DisableDefaultRegistryEndpoint,
		"disable-network-policy":            &o.DisableNetworkPolicy,
		"disable-cloud-controller":          &o.DisableCloudController,
		"disable-helm-controller":           &o.DisableHelmController,
		"disable-kube-proxy":                &o.DisableKubeProxy,
		"cluster-init":                      &o.ClusterInit,
	} {
		s.BoolVar(target, name, *target, "")
	}
}

func (s *set) lists(o *Options) {
	for name, list := range map[string]*List{
		"node-ip": &o.NodeIP, "node-external-ip": &o.NodeExternalIP, "tls-san": &o.TLSSAN,
		"cluster-cidr": &o.ClusterCIDR, "service-cidr": &o.ServiceCIDR, "cluster-dns": &o.ClusterDNS,
		"disable": &o.Disable, "airgap-extra-registry": &o.AirgapExtraRegistries,
	} {
		list.split = true
		s.Var(listValue{list, s}, name, "")
	}
	for name, list := range map[string]*List{
		"node-label": &o.NodeLabels, "node-taint": &o.NodeTaints, "kubelet-arg": &o.KubeletArgs,
		"kube-proxy-arg": &o.ProxyArgs, "kube-apiserver-arg": &o.APIServerArgs,
		"kube-controller-manager-arg": &o.ControllerManagerArgs, "kube-scheduler-arg": &o.SchedulerArgs,
	} {
		s.Var(listValue{list, s}, name, "")
	}
	s.Var(listValue{&o.NodeIP, s}, "i", "")
}

// refusal explains why name is not accepted.
func refusal(name, where string) error {
	name = strings.TrimLeft(name, "-")
	if _, known := notImplemented[name]; known {
		return fmt.Errorf("%s: %q is a setting of K3s that this stand-in does not implement; use a real K3s, or remove it", where, name)
	}
	return fmt.Errorf("%s: %q is not a setting of k3s server", where, name)
}
