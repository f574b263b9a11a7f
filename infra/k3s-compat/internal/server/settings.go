// SPDX-License-Identifier: Apache-2.0

// Package server starts a node: control plane, container runtime and kubelet in one process, in the order that gets it
// ready soonest.
package server

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sirupsen/logrus"

	"airgap.dev/k3s-compat/internal/cmdline"
	"airgap.dev/k3s-compat/internal/nodenet"
	"airgap.dev/k3s-compat/internal/packaged"
	"airgap.dev/k3s-compat/internal/paths"
)

// settings are the options with every default and every address worked out.
type settings struct {
	*cmdline.Options
	data                       paths.Data
	nodeName                   string
	nodeIPs, externalIPs       []net.IP
	advertise                  net.IP
	clusterCIDRs, serviceCIDRs []*net.IPNet
	clusterDNS                 []net.IP
	resolvConf                 string
	pauseImage                 string
	kubeconfigMode             os.FileMode
	systemdCgroup              bool
}

// resolve checks options and works out what they leave open. It writes nothing but the fallback resolv.conf.
func resolve(options *cmdline.Options) (*settings, error) {
	s := &settings{Options: options}
	dataDir, err := filepath.Abs(options.DataDir)
	if err != nil {
		return nil, err
	}
	s.data = paths.Data(dataDir)
	if err := s.resolveNode(); err != nil {
		return nil, err
	}
	if err := s.resolveRanges(); err != nil {
		return nil, err
	}
	mode, err := strconv.ParseUint(options.KubeconfigMode, 8, 32)
	if err != nil {
		return nil, fmt.Errorf("--write-kubeconfig-mode %q is not an octal mode", options.KubeconfigMode)
	}
	s.kubeconfigMode = os.FileMode(mode)
	s.pauseImage = options.PauseImage
	if options.SystemDefaultRegistry != "" {
		s.pauseImage = strings.TrimRight(options.SystemDefaultRegistry, "/") + "/" + options.PauseImage
	}
	s.systemdCgroup = underSystemd()
	if s.resolvConf, err = nodenet.ResolvConf(options.ResolvConf, s.data.Agent("etc", "resolv.conf")); err != nil {
		return nil, err
	}
	return s, s.checkNames()
}

func (s *settings) resolveNode() (err error) {
	s.nodeName = s.NodeName
	if s.nodeName == "" {
		if s.nodeName, err = os.Hostname(); err != nil {
			return err
		}
	}
	s.nodeName = strings.ToLower(s.nodeName)
	if s.nodeIPs, err = nodenet.Addresses(s.NodeIP.Values(), s.FlannelIface); err != nil {
		return err
	}
	if s.externalIPs, err = nodenet.ParseIPs(s.NodeExternalIP.Values()); err != nil {
		return fmt.Errorf("--node-external-ip: %w", err)
	}
	s.advertise = s.nodeIPs[0]
	if s.AdvertiseAddress != "" {
		given, err := nodenet.ParseIPs([]string{s.AdvertiseAddress})
		if err != nil {
			return fmt.Errorf("--advertise-address: %w", err)
		}
		s.advertise = given[0]
	} else if len(s.externalIPs) > 0 {
		s.advertise = s.externalIPs[0]
	}
	return nil
}

func (s *settings) resolveRanges() (err error) {
	if s.clusterCIDRs, err = nodenet.ParseNetworks(orDefault(s.ClusterCIDR.Values(), "10.42.0.0/16")); err != nil {
		return fmt.Errorf("--cluster-cidr: %w", err)
	}
	if s.serviceCIDRs, err = nodenet.ParseNetworks(orDefault(s.ServiceCIDR.Values(), "10.43.0.0/16")); err != nil {
		return fmt.Errorf("--service-cidr: %w", err)
	}
	if len(s.clusterCIDRs) != len(s.serviceCIDRs) {
		return fmt.Errorf("--cluster-cidr has %d networks, --service-cidr %d; they must be of the same families", len(s.clusterCIDRs), len(s.serviceCIDRs))
	}
	dns := orDefault(s.ClusterDNS.Values(), nodenet.Nth(s.serviceCIDRs[0], 10).String())
	if s.clusterDNS, err = nodenet.ParseIPs(dns); err != nil {
		return fmt.Errorf("--cluster-dns: %w", err)
	}
	for _, ip := range s.clusterDNS {
		if !slices.ContainsFunc(s.serviceCIDRs, func(n *net.IPNet) bool { return n.Contains(ip) }) {
			return fmt.Errorf("--cluster-dns %s is not in --service-cidr", ip)
		}
	}
	return nil
}

// checkNames refuses values that K3s does not know, and says what is accepted without having an effect here.
func (s *settings) checkNames() error {
	for _, name := range s.Disable.Values() {
		if !slices.Contains(packaged.Names, name) {
			logrus.Infof("--disable %s: a manifest of that name is disabled; no packaged component is called so", name)
		} else if name != "coredns" {
			logrus.Infof("--disable %s: the stand-in has no %s in any case", name, name)
		}
	}
	if !slices.Contains([]string{"none", "host-gw", "vxlan"}, s.FlannelBackend) {
		return fmt.Errorf("--flannel-backend %q: the stand-in knows none, host-gw and vxlan", s.FlannelBackend)
	}
	if !slices.Contains([]string{"agent", "cluster", "pod", "disabled"}, s.EgressSelectorMode) {
		return fmt.Errorf("--egress-selector-mode %q: want agent, cluster, pod or disabled", s.EgressSelectorMode)
	}
	if s.FlannelBackend != "none" {
		logrus.Infof("--flannel-backend %s: no other node exists, so the pod network is the bridge cni0 alone", s.FlannelBackend)
	}
	for flag, given := range map[string]bool{
		"--disable-network-policy": s.DisableNetworkPolicy, "--disable-cloud-controller": s.DisableCloudController,
		"--disable-helm-controller": s.DisableHelmController,
	} {
		if given {
			logrus.Infof("%s: the stand-in has none in any case", flag)
		}
	}
	return nil
}

// loopbackURL is the API server's address for clients on the node.
func (s *settings) loopbackURL() string {
	host := "127.0.0.1"
	if bind := net.ParseIP(s.BindAddress); bind != nil && !bind.IsUnspecified() {
		host = s.BindAddress
	}
	return "https://" + net.JoinHostPort(host, strconv.Itoa(s.HTTPSPort))
}

func orDefault(values []string, preset string) []string {
	if len(values) == 0 {
		return []string{preset}
	}
	return values
}

func joined[T fmt.Stringer](values []T) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = value.String()
	}
	return strings.Join(texts, ",")
}

// underSystemd tells whether systemd manages the cgroups (K3s uses its driver only on cgroup v2 under systemd).
func underSystemd() bool {
	_, v2 := os.Stat("/sys/fs/cgroup/cgroup.controllers")
	return v2 == nil && os.Getenv("INVOCATION_ID") != ""
}
