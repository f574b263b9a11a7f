// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"airgap.dev/k3s-compat/internal/paths"
	"airgap.dev/k3s-compat/internal/pki"
)

// client is a component's own identity towards the API server.
type client struct {
	name  string // of certificate, key and kubeconfig
	leaf  pki.Leaf
	agent bool // lies in the agent's folder
}

func clients(nodeName string) []client {
	return []client{
		{name: "admin", leaf: pki.Leaf{CommonName: "system:admin", Organization: []string{"system:masters"}}},
		{name: "controller", leaf: pki.Leaf{CommonName: "system:kube-controller-manager"}},
		{name: "scheduler", leaf: pki.Leaf{CommonName: "system:kube-scheduler"}},
		{name: "kubelet", agent: true, leaf: pki.Leaf{CommonName: "system:node:" + nodeName, Organization: []string{"system:nodes"}}},
		{name: "kubeproxy", agent: true, leaf: pki.Leaf{CommonName: "system:kube-proxy"}},
	}
}

// makeCertificates makes every key, certificate and kubeconfig of the node. It gives the server CA's certificate.
func makeCertificates(s *Settings) ([]byte, error) {
	data := s.Data
	serverCA, err := pki.LoadOrCreateAuthority(data.ServerTLS("server-ca.crt"), data.ServerTLS("server-ca.key"), "k3s-server-ca")
	if err != nil {
		return nil, err
	}
	clientCA, err := pki.LoadOrCreateAuthority(data.ServerTLS("client-ca.crt"), data.ServerTLS("client-ca.key"), "k3s-client-ca")
	if err != nil {
		return nil, err
	}
	proxyCA, err := pki.LoadOrCreateAuthority(data.ServerTLS("request-header-ca.crt"), data.ServerTLS("request-header-ca.key"), "k3s-request-header-ca")
	if err != nil {
		return nil, err
	}
	if _, err := pki.LoadOrCreateKey(data.ServerTLS("service.key")); err != nil {
		return nil, err
	}
	if err := copyFile(data.ServerTLS("client-ca.crt"), data.Agent("client-ca.crt")); err != nil {
		return nil, err
	}

	addresses := append([]net.IP{net.ParseIP("127.0.0.1"), net.ParseIP("::1"), s.ServiceIP, s.AdvertiseIP}, append(s.NodeIPs, s.ExternalIPs...)...)
	names := []string{
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + s.ClusterDomain, "localhost", s.NodeName,
	}
	for _, san := range s.TLSSAN {
		if ip := net.ParseIP(san); ip != nil {
			addresses = append(addresses, ip)
		} else {
			names = append(names, san)
		}
	}
	issue := func(authority *pki.Authority, cert, key string, leaf pki.Leaf) {
		if err == nil {
			err = authority.Issue(cert, key, leaf)
		}
	}
	issue(serverCA, data.ServerTLS("serving-kube-apiserver.crt"), data.ServerTLS("serving-kube-apiserver.key"),
		pki.Leaf{CommonName: "kube-apiserver", DNSNames: names, IPs: addresses, Server: true})
	issue(serverCA, data.Agent("serving-kubelet.crt"), data.Agent("serving-kubelet.key"),
		pki.Leaf{CommonName: s.NodeName, DNSNames: []string{s.NodeName, "localhost"}, IPs: addresses, Server: true})
	issue(clientCA, data.ServerTLS("client-kube-apiserver.crt"), data.ServerTLS("client-kube-apiserver.key"),
		pki.Leaf{CommonName: "system:apiserver", Organization: []string{"system:masters"}})
	issue(proxyCA, data.ServerTLS("client-auth-proxy.crt"), data.ServerTLS("client-auth-proxy.key"), pki.Leaf{CommonName: "system:auth-proxy"})
	for _, c := range clients(s.NodeName) {
		cert, key := c.files(data)
		issue(clientCA, cert, key, c.leaf)
		if err == nil {
			err = writeKubeconfig(c.kubeconfig(data), s.ServerURL(), data.ServerTLS("server-ca.crt"), cert, key)
		}
	}
	return serverCA.PEM(), err
}

func (c client) files(data paths.Data) (cert, key string) {
	if c.agent {
		return data.Agent("client-" + c.name + ".crt"), data.Agent("client-" + c.name + ".key")
	}
	return data.ServerTLS("client-" + c.name + ".crt"), data.ServerTLS("client-" + c.name + ".key")
}

func (c client) kubeconfig(data paths.Data) string {
	if c.agent {
		return data.Agent(c.name + ".kubeconfig")
	}
	return data.Cred(c.name + ".kubeconfig")
}

// writeKubeconfig writes one for a component of this node: it names its files instead of holding them.
func writeKubeconfig(file, server, ca, cert, key string) error {
	const name = "local"
	config := api.NewConfig()
	config.Clusters[name] = &api.Cluster{Server: server, CertificateAuthority: ca}
	config.AuthInfos[name] = &api.AuthInfo{ClientCertificate: cert, ClientKey: key}
	config.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	return clientcmd.WriteToFile(*config, file)
}
