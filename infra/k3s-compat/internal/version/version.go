// SPDX-License-Identifier: Apache-2.0

// Package version says which program this is, and that it is a stand-in.
package version

import "fmt"

// Versions of the upstream parts. build.sh reads the modules' versions from go.mod and sets them by the linker, so that
// this text cannot drift from what was compiled.
var (
	Kubernetes = "unknown"
	Containerd = "unknown"
	Etcd       = "unknown"
	CoreDNS    = "unknown"
)

// Release is the version in K3s's form (upstream version, plus, packager's build): "v1.36.3+standin1".
func Release() string {
	return Kubernetes + "+standin1"
}

// Text is what `k3s --version` prints. It starts like K3s's own, and says "stand-in", so that no reader and no report
// takes one for the other.
func Text() string {
	return fmt.Sprintf("k3s version %s (k3s-compat stand-in; upstream Kubernetes %s, containerd %s, etcd %s)",
		Release(), Kubernetes, Containerd, Etcd)
}
