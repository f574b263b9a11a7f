// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net"
	"os"
	"strings"

	"airgap.dev/k3s-compat/internal/nodenet"
	"airgap.dev/k3s-compat/internal/pki"
	"airgap.dev/k3s-compat/internal/token"
)

// client is a component's identity and the kubeconfig it is written to.
type client struct {
	name, kubeconfig string
	leaf             pki.Leaf
}

// writeCertificates makes the PKI, the kubeconfigs and the join token, with K3s's file names.
func (s *settings) writeCertificates() error {
	tls := s.data.ServerTLS
	serverCA, err := pki.LoadOrCreateAuthority(tls("server-ca.crt"), tls("server-ca.key"), "k3s-server-ca")
	if err != nil {
		return err
	}
	clientCA, err := pki.LoadOrCreateAuthority(tls("client-ca.crt"), tls("client-ca.key"), "k3s-client-ca")
	if err != nil {
		return err
	}
	headerCA, err := pki.LoadOrCreateAuthority(tls("request-header-ca.crt"), tls("request-header-ca.key"), "k3s-request-header-ca")
	if err != nil {
		return err
	}
	if _, err := pki.LoadOrCreateKey(tls("service.key")); err != nil {
		return err
	}
	if err := s.issueServing(serverCA); err != nil {
		return err
	}
	if err := headerCA.Issue(tls("client-auth-proxy.crt"), tls("client-auth-proxy.key"), pki.Leaf{CommonName: "system:auth-proxy"}); err != nil {
		return err
	}
	for file, content := range map[string][]byte{"server-ca.crt": serverCA.PEM(), "client-ca.crt": clientCA.PEM()} {
		if err := os.MkdirAll(s.data.Agent(), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(s.data.Agent(file), content, 0o644); err != nil {
			return err
		}
	}
	for _, c := range s.clients() {
		cert, key := tls("client-"+c.name+".crt"), tls("client-"+c.name+".key")
		if err := clientCA.Issue(cert, key, c.leaf); err != nil {
			return err
		}
		if c.kubeconfig == "" {
			continue
		}
		if err := pki.WriteKubeconfig(c.kubeconfig, s.loopbackURL(), tls("server-ca.crt"), cert, key, 0o600); err != nil {
			return err
		}
	}
	return token.Write(s.data, s.Token, serverCA.PEM())
}

func (s *settings) clients() []client {
	masters := []string{"system:masters"}
	return []client{
		{"admin", s.data.Cred("admin.kubeconfig"), pki.Leaf{CommonName: "system:admin", Organization: masters}},
		{"kube-apiserver", "", pki.Leaf{CommonName: "system:apiserver", Organization: masters}},
		{"controller", s.data.Cred("controller.kubeconfig"), pki.Leaf{CommonName: "system:kube-controller-manager"}},
		{"scheduler", s.data.Cred("scheduler.kubeconfig"), pki.Leaf{CommonName: "system:kube-scheduler"}},
		{"kube-proxy", s.data.Agent("kubeproxy.kubeconfig"), pki.Leaf{CommonName: "system:kube-proxy"}},
		{"kubelet", s.data.Agent("kubelet.kubeconfig"), pki.Leaf{CommonName: "system:node:" + s.nodeName, Organization: []string{"system:nodes"}}},
	}
}

// issueServing makes the certificates that the API server and the kubelet show.
func (s *settings) issueServing(authority *pki.Authority) error {
	names := []string{"localhost", s.nodeName, "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + s.ClusterDomain}
	ips := append([]net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, s.advertise}, s.nodeIPs...)
	ips = append(ips, s.externalIPs...)
	for _, network := range s.serviceCIDRs {
		ips = append(ips, nodenet.Nth(network, 1))
	}
	for _, name := range s.TLSSAN.Values() {
		if ip := net.ParseIP(strings.Trim(name, "[]")); ip != nil {
			ips = append(ips, ip)
		} else {
			names = append(names, name)
		}
	}
	tls := s.data.ServerTLS
	apiserver := pki.Leaf{CommonName: "kube-apiserver", DNSNames: names, IPs: ips, Server: true}
	if err := authority.Issue(tls("serving-kube-apiserver.crt"), tls("serving-kube-apiserver.key"), apiserver); err != nil {
		return err
	}
	kubelet := pki.Leaf{
		CommonName: s.nodeName, DNSNames: []string{s.nodeName, "localhost"},
		IPs: append([]net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, s.nodeIPs...), Server: true,
	}
	return authority.Issue(s.data.Agent("serving-kubelet.crt"), s.data.Agent("serving-kubelet.key"), kubelet)
}
