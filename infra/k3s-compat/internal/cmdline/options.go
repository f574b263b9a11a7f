// SPDX-License-Identifier: Apache-2.0

// Package cmdline reads `k3s server`'s flags, environment and config files, with K3s's names and precedence.
package cmdline

import (
	"airgap.dev/k3s-compat/internal/logging"
	"airgap.dev/k3s-compat/internal/paths"
)

// Options are the settings as given; server.Resolve turns them into addresses and paths.
type Options struct {
	Log logging.Options

	DataDir, ConfigFile, PrivateRegistry        string
	NodeName, ResolvConf, PauseImage            string
	Token, TokenFile                            string
	BindAddress, AdvertiseAddress               string
	ClusterDomain, FlannelIface, FlannelBackend string
	Kubeconfig, KubeconfigMode                  string
	SystemDefaultRegistry, Snapshotter          string
	ServiceNodePortRange, EgressSelectorMode    string
	LocalStoragePath                            string
	HTTPSPort                                   int
	DisableDefaultRegistryEndpoint              bool
	DisableNetworkPolicy                        bool
	DisableCloudController                      bool
	DisableHelmController                       bool
	DisableKubeProxy, ClusterInit               bool

	NodeIP, NodeExternalIP, TLSSAN        List
	ClusterCIDR, ServiceCIDR, ClusterDNS  List
	Disable, NodeLabels, NodeTaints       List
	AirgapExtraRegistries                 List
	KubeletArgs, ProxyArgs, APIServerArgs List
	ControllerManagerArgs, SchedulerArgs  List
}

// List is a flag that may be given several times.
type List struct {
	values []string
	split  bool // commas separate values; never for component arguments, whose own values hold commas
	from   source
}

// source is where a value came from; a list's values from a stronger source replace those from a weaker one.
type source int

const (
	fromDefault source = iota
	fromFile
	fromCommandLine
)

// Values are the list's values in the order given.
func (l *List) Values() []string { return l.values }

func defaults() *Options {
	return &Options{
		DataDir:              paths.DefaultDataDir,
		ConfigFile:           paths.DefaultConfigFile,
		PrivateRegistry:      paths.DefaultRegistries,
		Kubeconfig:           paths.DefaultKubeconfig,
		KubeconfigMode:       "0600",
		PauseImage:           "rancher/mirrored-pause:3.6",
		BindAddress:          "0.0.0.0",
		HTTPSPort:            6443,
		ClusterDomain:        "cluster.local",
		FlannelBackend:       "vxlan",
		EgressSelectorMode:   "agent",
		Snapshotter:          "overlayfs",
		ServiceNodePortRange: "30000-32767",
	}
}
