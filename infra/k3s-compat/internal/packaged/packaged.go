// SPDX-License-Identifier: Apache-2.0

// Package packaged holds the manifests that come with the program, as K3s's do.
package packaged

import (
	_ "embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"airgap.dev/k3s-compat/internal/version"
)

//go:embed coredns.yaml
var coredns string

// Names are K3s's packaged components. The stand-in brings CoreDNS; the others may be named in --disable and are absent
// in any case.
var Names = []string{"coredns", "servicelb", "traefik", "local-storage", "metrics-server", "runtimes"}

// Values fill the placeholders of the manifests.
type Values struct {
	ClusterDNS, ClusterDomain, NodeIP, NodeName string
	SystemDefaultRegistry                       string // prefix of the images, "" for none
}

// CoreDNSImage is the name under which the packaged image is stored.
func CoreDNSImage(registry string) string {
	return prefix(registry) + "rancher/mirrored-coredns-coredns:" + strings.TrimPrefix(version.CoreDNS, "v")
}

func prefix(registry string) string {
	if registry == "" {
		return ""
	}
	return strings.TrimRight(registry, "/") + "/"
}

// Write puts the packaged manifests into dir, unless they are disabled or a file NAME.yaml.skip lies there. A disabled
// one that lies there stays until the deploy controller has deleted its objects.
func Write(dir string, disabled []string, values Values) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file := filepath.Join(dir, "coredns.yaml")
	if slices.Contains(disabled, "coredns") {
		return nil
	}
	if _, err := os.Stat(file + ".skip"); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(file, []byte(CoreDNS(values)), 0o600)
}

// CoreDNS renders the manifest.
func CoreDNS(values Values) string {
	return strings.NewReplacer(
		"%{CLUSTER_DNS}%", values.ClusterDNS,
		"%{CLUSTER_DOMAIN}%", values.ClusterDomain,
		"%{NODE_HOSTS}%", values.NodeIP+" "+values.NodeName,
		"%{IMAGE}%", CoreDNSImage(values.SystemDefaultRegistry),
	).Replace(coredns)
}
