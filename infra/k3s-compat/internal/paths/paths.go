// SPDX-License-Identifier: Apache-2.0

// Package paths holds the places of files, which are part of K3s's contract: installers put files there before the first
// start, and tools read files from there afterwards.
package paths

import "path/filepath"

// Fixed places that no flag moves (K3s: containerd's state does not follow --data-dir, so two nodes need two /run).
const (
	DefaultDataDir    = "/var/lib/rancher/k3s"
	DefaultConfigFile = "/etc/rancher/k3s/config.yaml"
	DefaultKubeconfig = "/etc/rancher/k3s/k3s.yaml"
	DefaultRegistries = "/etc/rancher/k3s/registries.yaml"
	RunDir            = "/run/k3s"
	ContainerdState   = "/run/k3s/containerd"
	ContainerdSocket  = "/run/k3s/containerd/containerd.sock"
	EtcdDir           = "/run/k3s/etcd"
)

// Data is a K3s data folder (--data-dir).
type Data string

func (d Data) join(parts ...string) string {
	return filepath.Join(append([]string{string(d)}, parts...)...)
}

// ServerTLS gives the path of a key or certificate of the control plane.
func (d Data) ServerTLS(name string) string { return d.join("server", "tls", name) }

// Cred gives the path of a kubeconfig of the control plane.
func (d Data) Cred(name string) string { return d.join("server", "cred", name) }

// Agent gives a path under the agent's folder.
func (d Data) Agent(parts ...string) string { return d.join(append([]string{"agent"}, parts...)...) }

// Server gives a path under the server's folder.
func (d Data) Server(parts ...string) string { return d.join(append([]string{"server"}, parts...)...) }

// Images is the folder whose archives are imported into containerd.
func (d Data) Images() string { return d.Agent("images") }

// Manifests is the folder whose files are applied to the cluster.
func (d Data) Manifests() string { return d.Server("manifests") }

// ContainerdConfig is the generated configuration of containerd; drop-ins and a template lie beside it.
func (d Data) ContainerdConfig() string { return d.Agent("etc", "containerd", "config.toml") }

// ContainerdTemplate is the owner's template, which replaces the generated configuration.
func (d Data) ContainerdTemplate() string { return d.Agent("etc", "containerd", "config-v3.toml.tmpl") }

// ContainerdDropIns is the folder of *.toml files that the generated configuration imports.
func (d Data) ContainerdDropIns() string { return d.Agent("etc", "containerd", "config-v3.toml.d") }

// RegistryHosts is containerd's folder of one hosts.toml per registry.
func (d Data) RegistryHosts() string { return d.Agent("etc", "containerd", "certs.d") }

// KubeletDropIns is the folder of *.conf files that the kubelet merges in alphabetical order.
func (d Data) KubeletDropIns() string { return d.Agent("etc", "kubelet.conf.d") }

// CNIConfig is the folder of the network configuration that containerd reads.
func (d Data) CNIConfig() string { return d.Agent("etc", "cni", "net.d") }

// CNIBin is the folder of the network plugins.
func (d Data) CNIBin() string { return d.join("data", "cni") }

// Unpacked is the folder that holds one version of the embedded programs.
func (d Data) Unpacked(version string) string { return d.join("data", version) }

// Current is the link to the embedded programs in use.
func (d Data) Current() string { return d.join("data", "current") }
