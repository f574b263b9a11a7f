// SPDX-License-Identifier: Apache-2.0

// Package node runs the kubelet and kube-proxy inside this process.
package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
	"sigs.k8s.io/yaml"

	"airgap.dev/k3s-compat/internal/paths"
)

// KubeletSettings are the values of K3s's own kubelet drop-in.
type KubeletSettings struct {
	Data          paths.Data
	ClusterDNS    []string
	ClusterDomain string
	ResolvConf    string
	CgroupDriver  string
	Taints        []string // key=value:effect or key:effect
}

// WriteKubeletDefaults writes 00-k3s-defaults.conf into the folder of kubelet drop-ins, where the owner's files of later
// names add to it or replace values of it.
func WriteKubeletDefaults(s KubeletSettings) error {
	taints, err := parseTaints(s.Taints)
	if err != nil {
		return err
	}
	config := map[string]any{
		"apiVersion":              "kubelet.config.k8s.io/v1beta1",
		"kind":                    "KubeletConfiguration",
		"enableServer":            true,
		"readOnlyPort":            0,
		"healthzBindAddress":      "127.0.0.1",
		"enableDebuggingHandlers": true, // logs, exec, port-forward
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false},
			"webhook":   map[string]any{"enabled": true, "cacheTTL": "2m"},
			"x509":      map[string]any{"clientCAFile": s.Data.Agent("client-ca.crt")},
		},
		"authorization":            map[string]any{"mode": "Webhook"},
		"tlsCertFile":              s.Data.Agent("serving-kubelet.crt"),
		"tlsPrivateKeyFile":        s.Data.Agent("serving-kubelet.key"),
		"containerRuntimeEndpoint": "unix://" + paths.ContainerdSocket,
		"cgroupDriver":             s.CgroupDriver,
		"clusterDNS":               s.ClusterDNS,
		"clusterDomain":            s.ClusterDomain,
		"resolvConf":               s.ResolvConf,
		"failSwapOn":               false,
		"allowedUnsafeSysctls":     []string{"net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"}, // of the service load balancer's pods
		"serializeImagePulls":      false,
		"staticPodPath":            s.Data.Agent("pod-manifests"),
		"volumePluginDir":          "/var/lib/kubelet/volumeplugins",
		"evictionHard":             map[string]string{"imagefs.available": "5%", "nodefs.available": "5%"},
		"evictionMinimumReclaim":   map[string]string{"imagefs.available": "10%", "nodefs.available": "10%"},
	}
	if len(taints) > 0 {
		config["registerWithTaints"] = taints
	}
	content, err := yaml.Marshal(config)
	if err != nil {
		return err
	}
	for _, dir := range []string{s.Data.KubeletDropIns(), s.Data.Agent("pod-manifests")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(s.Data.KubeletDropIns(), "00-k3s-defaults.conf"), content, 0o600)
}

func parseTaints(texts []string) ([]map[string]string, error) {
	var out []map[string]string
	for _, text := range texts {
		rest, effect, ok := strings.Cut(text, ":")
		if !ok {
			return nil, fmt.Errorf("--node-taint %q: want key=value:effect", text)
		}
		key, value, _ := strings.Cut(rest, "=")
		out = append(out, map[string]string{"key": key, "value": value, "effect": effect})
	}
	return out, nil
}

// RunKubelet runs until ctx ends or the process is told to. The kubelet keeps its command, because only that merges
// drop-ins; it is the one component that installs the process's signal handler.
func RunKubelet(ctx context.Context, args []string) error {
	command := kubelet.NewKubeletCommand(ctx)
	command.SetArgs(args)
	return command.ExecuteContext(ctx)
}
