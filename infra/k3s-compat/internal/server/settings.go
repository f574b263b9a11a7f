// SPDX-License-Identifier: Apache-2.0

// Package server is `k3s server`: it puts the parts together in the order that makes a node Ready soonest.
package server

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"airgap.dev/k3s-compat/internal/cmdline"
	"airgap.dev/k3s-compat/internal/nodenet"
	"airgap.dev/k3s-compat/internal/paths"
)

// Settings are the options turned into addresses and paths.
type Settings struct {
	*cmdline.Options
	Data           paths.Data
	NodeName       string
	NodeIPs        []net.IP
	ExternalIPs    []net.IP
	AdvertiseIP    net.IP
	ClusterCIDR    []*net.IPNet
	ServiceCIDR    []*net.IPNet
	ServiceIP      net.IP
	ClusterDNS     []net.IP
	TLSSAN         []string
	ResolvConf     string
	KubeconfigMode os.FileMode
	SystemdCgroup  bool
	PauseImage     string
}

// Resolve fills in what the options leave open. It fails where K3s fails: no address without a default route.
func Resolve(o *cmdline.Options) (*Settings, error) {
	dataDir, err := filepath.Abs(o.DataDir)
	if err != nil {
		return nil, err
	}
	s := &Settings{Options: o, Data: paths.Data(dataDir), NodeName: strings.ToLower(o.NodeName), PauseImage: o.PauseImage}
	if s.NodeName == "" {
		host, err := os.Hostname()
		if err != nil {
			return nil, err
		}
		s.NodeName = strings.ToLower(host)
	}
	if s.NodeIPs, err = nodenet.Addresses(o.NodeIP.Values(), o.FlannelIface); err != nil {
		return nil, err
	}
	if s.ExternalIPs, err = nodenet.ParseIPs(o.NodeExternalIP.Values()); err != nil {
		return nil, fmt.Errorf("--node-external-ip: %w", err)
	}
	s.AdvertiseIP = append(s.ExternalIPs, s.NodeIPs...)[0] // K3s: external address before node address
	if o.AdvertiseAddress != "" {
		given, err := nodenet.ParseIPs([]string{o.AdvertiseAddress})
		if err != nil {
			return nil, fmt.Errorf("--advertise-address: %w", err)
		}
		s.AdvertiseIP = given[0]
	}
	if s.ClusterCIDR, err = nodenet.ParseNetworks(orElse(o.ClusterCIDR.Values(), "10.42.0.0/16")); err != nil {
		return nil, fmt.Errorf("--cluster-cidr: %w", err)
	}
	if s.ServiceCIDR, err = nodenet.ParseNetworks(orElse(o.ServiceCIDR.Values(), "10.43.0.0/16")); err != nil {
		return nil, fmt.Errorf("--service-cidr: %w", err)
	}
	s.ServiceIP = nodenet.Nth(s.ServiceCIDR[0], 1)
	if s.ClusterDNS, err = nodenet.ParseIPs(orElse(o.ClusterDNS.Values(), nodenet.Nth(s.ServiceCIDR[0], 10).String())); err != nil {
		return nil, fmt.Errorf("--cluster-dns: %w", err)
	}
	for _, ip := range s.ClusterDNS {
		if !slices.ContainsFunc(s.ServiceCIDR, func(n *net.IPNet) bool { return n.Contains(ip) }) {
			return nil, fmt.Errorf("--cluster-dns %s is not in --service-cidr %s", ip, networks(s.ServiceCIDR))
		}
	}
	s.TLSSAN = o.TLSSAN.Values()
	if s.ResolvConf, err = nodenet.ResolvConf(o.ResolvConf, s.Data.Agent("etc", "resolv.conf")); err != nil {
		return nil, err
	}
	if s.LocalStoragePath == "" {
		s.LocalStoragePath = filepath.Join(dataDir, "storage")
	}
	mode, err := strconv.ParseUint(o.KubeconfigMode, 8, 32)
	if err != nil {
		return nil, fmt.Errorf("--write-kubeconfig-mode %q: want octal digits", o.KubeconfigMode)
	}
	s.KubeconfigMode = os.FileMode(mode)
	if o.SystemDefaultRegistry != "" {
		s.PauseImage = strings.TrimRight(o.SystemDefaultRegistry, "/") + "/" + o.PauseImage
	}
	if !strings.Contains(strings.SplitN(s.PauseImage, "/", 2)[0], ".") {
		s.PauseImage = "docker.io/" + s.PauseImage // containerd compares full names
	}
	// As K3s: systemd's driver where systemd runs this program as a service and cgroup v2 is there.
	_, v2 := os.Stat("/sys/fs/cgroup/cgroup.controllers")
	s.SystemdCgroup = os.Getenv("INVOCATION_ID") != "" && v2 == nil
	return s, checkModes(o)
}

// ServerURL is where the components of this node reach the API server.
func (s *Settings) ServerURL() string {
	host := "127.0.0.1"
	if bind := net.ParseIP(s.BindAddress); bind != nil && !bind.IsUnspecified() {
		host = s.BindAddress
	}
	return "https://" + net.JoinHostPort(host, strconv.Itoa(s.HTTPSPort))
}

func orElse(values []string, fallback string) []string {
	if len(values) == 0 {
		return []string{fallback}
	}
	return values
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}
