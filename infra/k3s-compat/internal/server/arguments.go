// SPDX-License-Identifier: Apache-2.0

package server

import (
	"strconv"
	"strings"

	"airgap.dev/k3s-compat/internal/cmdline"
	"airgap.dev/k3s-compat/internal/controlplane"
)

// The arguments are those with which K3s starts the components, as far as one node without add-ons needs them; the
// owner's (--kubelet-arg and the like) replace them key by key.

func (s *settings) apiServerArgs() []string {
	tls := s.data.ServerTLS
	issuer := "https://kubernetes.default.svc." + s.ClusterDomain
	return cmdline.ComponentArgs(map[string]string{
		"advertise-address":                  s.advertise.String(),
		"allow-privileged":                   "true",
		"anonymous-auth":                     "false",
		"api-audiences":                      issuer + ",k3s",
		"authorization-mode":                 "Node,RBAC",
		"bind-address":                       s.BindAddress,
		"cert-dir":                           s.data.ServerTLS("temporary-certs"),
		"client-ca-file":                     tls("client-ca.crt"),
		"enable-admission-plugins":           "NodeRestriction",
		"enable-aggregator-routing":          "true",
		"etcd-servers":                       controlplane.EtcdEndpoint,
		"kubelet-certificate-authority":      tls("server-ca.crt"),
		"kubelet-client-certificate":         tls("client-kube-apiserver.crt"),
		"kubelet-client-key":                 tls("client-kube-apiserver.key"),
		"kubelet-preferred-address-types":    "InternalIP,ExternalIP,Hostname",
		"profiling":                          "false",
		"proxy-client-cert-file":             tls("client-auth-proxy.crt"),
		"proxy-client-key-file":              tls("client-auth-proxy.key"),
		"requestheader-allowed-names":        "system:auth-proxy",
		"requestheader-client-ca-file":       tls("request-header-ca.crt"),
		"requestheader-extra-headers-prefix": "X-Remote-Extra-",
		"requestheader-group-headers":        "X-Remote-Group",
		"requestheader-username-headers":     "X-Remote-User",
		"secure-port":                        strconv.Itoa(s.HTTPSPort),
		"service-account-issuer":             issuer,
		"service-account-key-file":           tls("service.key"),
		"service-account-signing-key-file":   tls("service.key"),
		"service-cluster-ip-range":           joined(s.serviceCIDRs),
		"service-node-port-range":            s.ServiceNodePortRange,
		"tls-cert-file":                      tls("serving-kube-apiserver.crt"),
		"tls-private-key-file":               tls("serving-kube-apiserver.key"),
	}, s.APIServerArgs.Values())
}

func (s *settings) controllerManagerArgs() []string {
	tls, cred := s.data.ServerTLS, s.data.Cred("controller.kubeconfig")
	return cmdline.ComponentArgs(map[string]string{
		"allocate-node-cidrs":       "true",
		"authentication-kubeconfig": cred,
		"authorization-kubeconfig":  cred,
		"bind-address":              "127.0.0.1",
		"cluster-cidr":              joined(s.clusterCIDRs),
		"cluster-signing-kube-apiserver-client-cert-file": tls("client-ca.crt"),
		"cluster-signing-kube-apiserver-client-key-file":  tls("client-ca.key"),
		"cluster-signing-kubelet-client-cert-file":        tls("client-ca.crt"),
		"cluster-signing-kubelet-client-key-file":         tls("client-ca.key"),
		"cluster-signing-kubelet-serving-cert-file":       tls("server-ca.crt"),
		"cluster-signing-kubelet-serving-key-file":        tls("server-ca.key"),
		"cluster-signing-legacy-unknown-cert-file":        tls("server-ca.crt"),
		"cluster-signing-legacy-unknown-key-file":         tls("server-ca.key"),
		"configure-cloud-routes":                          "false",
		"controllers":                                     "*,tokencleaner",
		// At the default of 20 requests a second the service accounts of a new cluster alone take five seconds.
		"kube-api-burst":                   "1000",
		"kube-api-qps":                     "500",
		"kubeconfig":                       cred,
		"leader-elect":                     "false",
		"profiling":                        "false",
		"root-ca-file":                     tls("server-ca.crt"),
		"secure-port":                      "10257",
		"service-account-private-key-file": tls("service.key"),
		"service-cluster-ip-range":         joined(s.serviceCIDRs),
		"use-service-account-credentials":  "true",
	}, s.ControllerManagerArgs.Values())
}

func (s *settings) schedulerArgs() []string {
	cred := s.data.Cred("scheduler.kubeconfig")
	return cmdline.ComponentArgs(map[string]string{
		"authentication-kubeconfig": cred,
		"authorization-kubeconfig":  cred,
		"bind-address":              "127.0.0.1",
		"kubeconfig":                cred,
		"leader-elect":              "false",
		"profiling":                 "false",
		"secure-port":               "10259",
	}, s.SchedulerArgs.Values())
}

func (s *settings) kubeletArgs() []string {
	labels := s.NodeLabels.Values()
	args := map[string]string{
		"config-dir":        s.data.KubeletDropIns(),
		"hostname-override": s.nodeName,
		"kubeconfig":        s.data.Agent("kubelet.kubeconfig"),
		"node-ip":           joined(s.nodeIPs),
		"node-labels":       strings.Join(labels, ","),
		"v":                 strconv.Itoa(s.Log.Verbosity),
	}
	return cmdline.ComponentArgs(args, s.KubeletArgs.Values())
}

func (s *settings) proxyArgs() []string {
	return cmdline.ComponentArgs(map[string]string{
		"cluster-cidr":                      joined(s.clusterCIDRs),
		"conntrack-max-per-core":            "0",
		"conntrack-tcp-timeout-close-wait":  "0s",
		"conntrack-tcp-timeout-established": "0s",
		"healthz-bind-address":              "127.0.0.1",
		"hostname-override":                 s.nodeName,
		"kubeconfig":                        s.data.Agent("kubeproxy.kubeconfig"),
		"proxy-mode":                        "iptables",
	}, s.ProxyArgs.Values())
}
