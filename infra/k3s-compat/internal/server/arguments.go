// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"airgap.dev/k3s-compat/internal/cmdline"
	"airgap.dev/k3s-compat/internal/controlplane"
	"airgap.dev/k3s-compat/internal/paths"
)

func (s *Settings) verbosity() string { return strconv.Itoa(s.Log.Verbosity) }

func (s *Settings) apiServerArgs() []string {
	data := s.Data
	return cmdline.ComponentArgs(map[string]string{
		"v":                                  s.verbosity(),
		"etcd-servers":                       controlplane.EtcdEndpoint,
		"bind-address":                       s.BindAddress,
		"advertise-address":                  s.AdvertiseIP.String(),
		"secure-port":                        strconv.Itoa(s.HTTPSPort),
		"allow-privileged":                   "true",
		"authorization-mode":                 "Node,RBAC",
		"anonymous-auth":                     "false",
		"enable-admission-plugins":           "NodeRestriction",
		"service-cluster-ip-range":           networks(s.ServiceCIDR),
		"service-node-port-range":            s.ServiceNodePortRange,
		"service-account-issuer":             "https://kubernetes.default.svc." + s.ClusterDomain,
		"service-account-key-file":           data.ServerTLS("service.key"),
		"service-account-signing-key-file":   data.ServerTLS("service.key"),
		"api-audiences":                      "https://kubernetes.default.svc." + s.ClusterDomain + ",k3s",
		"client-ca-file":                     data.ServerTLS("client-ca.crt"),
		"tls-cert-file":                      data.ServerTLS("serving-kube-apiserver.crt"),
		"tls-private-key-file":               data.ServerTLS("serving-kube-apiserver.key"),
		"cert-dir":                           data.ServerTLS("temporary-certs"),
		"kubelet-certificate-authority":      data.ServerTLS("server-ca.crt"),
		"kubelet-client-certificate":         data.ServerTLS("client-kube-apiserver.crt"),
		"kubelet-client-key":                 data.ServerTLS("client-kube-apiserver.key"),
		"kubelet-preferred-address-types":    "InternalIP,ExternalIP,Hostname",
		"requestheader-client-ca-file":       data.ServerTLS("request-header-ca.crt"),
		"requestheader-allowed-names":        "system:auth-proxy",
		"requestheader-extra-headers-prefix": "X-Remote-Extra-",
		"requestheader-group-headers":        "X-Remote-Group",
		"requestheader-username-headers":     "X-Remote-User",
		"proxy-client-cert-file":             data.ServerTLS("client-auth-proxy.crt"),
		"proxy-client-key-file":              data.ServerTLS("client-auth-proxy.key"),
		"enable-aggregator-routing":          "true",
		"profiling":                          "false",
		"storage-backend":                    "etcd3",
	}, s.APIServerArgs.Values())
}

func (s *Settings) controllerManagerArgs() []string {
	data := s.Data
	kubeconfig := data.Cred("controller.kubeconfig")
	return cmdline.ComponentArgs(map[string]string{
		"v":                                s.verbosity(),
		"kubeconfig":                       kubeconfig,
		"authentication-kubeconfig":        kubeconfig,
		"authorization-kubeconfig":         kubeconfig,
		"bind-address":                     "127.0.0.1",
		"cert-dir":                         data.ServerTLS("temporary-certs"),
		"allocate-node-cidrs":              "true",
		"cluster-cidr":                     networks(s.ClusterCIDR),
		"service-cluster-ip-range":         networks(s.ServiceCIDR),
		"configure-cloud-routes":           "false",
		// The attach-detach controller and the kubelet share one global of the CSI plugin in a process; whichever starts last names
		// the node for both, and a kubelet without a name never becomes Ready. Without attachable CSI volumes nobody misses it.
		"controllers":                      "*,tokencleaner,-persistentvolume-attach-detach-controller",
		"root-ca-file":                     data.ServerTLS("server-ca.crt"),
		"service-account-private-key-file": data.ServerTLS("service.key"),
		"use-service-account-credentials":  "true",
		"cluster-signing-cert-file":        data.ServerTLS("client-ca.crt"),
		"cluster-signing-key-file":         data.ServerTLS("client-ca.key"),
		"leader-elect":                     "false",
		"profiling":                        "false",
		// Service accounts of all controllers are made at this rate: with the default of 20/s pods run five seconds later.
		"kube-api-qps":   "500",
		"kube-api-burst": "1000",
	}, s.ControllerManagerArgs.Values())
}

func (s *Settings) schedulerArgs() []string {
	kubeconfig := s.Data.Cred("scheduler.kubeconfig")
	return cmdline.ComponentArgs(map[string]string{
		"v":                         s.verbosity(),
		"kubeconfig":                kubeconfig,
		"authentication-kubeconfig": kubeconfig,
		"authorization-kubeconfig":  kubeconfig,
		"bind-address":              "127.0.0.1",
		"cert-dir":                  s.Data.ServerTLS("temporary-certs"),
		"leader-elect":              "false",
		"profiling":                 "false",
	}, s.SchedulerArgs.Values())
}

func (s *Settings) kubeletArgs() []string {
	preset := map[string]string{
		"v":                 s.verbosity(),
		"kubeconfig":        s.Data.Agent("kubelet.kubeconfig"),
		"config-dir":        s.Data.KubeletDropIns(),
		"hostname-override": s.NodeName,
		"node-ip":           addresses(s.NodeIPs),
		"root-dir":          "/var/lib/kubelet",
		"cert-dir":          s.Data.Agent("pki"),
	}
	if labels := s.NodeLabels.Values(); len(labels) > 0 {
		preset["node-labels"] = strings.Join(labels, ",")
	}
	return cmdline.ComponentArgs(preset, s.KubeletArgs.Values())
}

func (s *Settings) proxyArgs() []string {
	return cmdline.ComponentArgs(map[string]string{
		"v":                    s.verbosity(),
		"kubeconfig":           s.Data.Agent("kubeproxy.kubeconfig"),
		"cluster-cidr":         networks(s.ClusterCIDR),
		"hostname-override":    s.NodeName,
		"healthz-bind-address": "127.0.0.1",
		"proxy-mode":           "iptables",
		// As K3s: the machine's connection tracking table is left as it is.
		"conntrack-max-per-core":            "0",
		"conntrack-tcp-timeout-close-wait":  "0s",
		"conntrack-tcp-timeout-established": "0s",
	}, s.ProxyArgs.Values())
}

func networks(list []*net.IPNet) string {
	texts := make([]string, len(list))
	for i, network := range list {
		texts[i] = network.String()
	}
	return strings.Join(texts, ",")
}

func addresses(list []net.IP) string {
	texts := make([]string, len(list))
	for i, ip := range list {
		texts[i] = ip.String()
	}
	return strings.Join(texts, ",")
}

// ensureRunDir makes K3s's folder below /run, which only root may enter.
func ensureRunDir() error {
	if err := os.MkdirAll(paths.RunDir, 0o711); err != nil {
		return fmt.Errorf("make %s: %w", paths.RunDir, err)
	}
	return nil
}
