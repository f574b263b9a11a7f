#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the stand-in: build.sh OUTDIR leaves there what a K3s air-gap directory holds: k3s,
# k3s-airgap-images-amd64.tar.zst and k3s-images.txt. GO names the go program (default: go of PATH).
set -euo pipefail
out=$(realpath -m "${1:?usage: build.sh OUTDIR}")
go=${GO:-go}
cd "$(dirname "$0")"
export CGO_ENABLED=0 GOOS=linux GOARCH=amd64 GOFLAGS=-mod=readonly GOTOOLCHAIN=local
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out" "$work/files" "$work/images"

module() { "$go" list -m -f '{{.Version}}' "$1"; }
kubernetes=$(module k8s.io/kubernetes)
containerd=$(module github.com/containerd/containerd/v2)
etcd=$(module go.etcd.io/etcd/server/v3)
coredns=$(module github.com/coredns/coredns)
tags=providerless,no_btrfs,no_zfs,no_devmapper
build=("$go" build -trimpath -buildvcs=false -tags "$tags")

# Programs that must be files of their own, laid over internal/bundled/files for the big build.
shim=github.com/containerd/containerd/v2
"${build[@]}" -ldflags "-s -w -X $shim/version.Version=$containerd" -o "$work/files/" $shim/cmd/containerd-shim-runc-v2
cni=github.com/containernetworking/plugins/plugins
"${build[@]}" -ldflags '-s -w' -o "$work/files/" $cni/main/bridge $cni/main/loopback $cni/ipam/host-local $cni/meta/portmap $cni/meta/firewall
# Traefik's kinds come before its objects in one manifest, as K3s has them. They are of the module that infra/k3s-packaged/traefik builds, which
# this module has no use for otherwise: its hash is compared here.
traefik=github.com/traefik/traefik/v3@v3.7.13
found=$(cd / && "$go" mod download -json $traefik)
grep -qF '"Sum": "h1:T8wy9KuaFzCkmXCqAzDy7t73pBDR1DHrJe3pqXpNXTw="' <<<"$found" || { echo "$traefik is not what it was, or cannot be had: $found" >&2; exit 1; }
kinds=$(sed -n 's/.*"Dir": "\(.*\)",/\1/p' <<<"$found")/docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml
manifest=internal/packaged/manifests/traefik.yaml
{ cat "$kinds"; echo ---; cat $manifest; } >"$work/traefik.yaml"
{
  echo '{"Replace":{'
  echo "\"$PWD/$manifest\":\"$work/traefik.yaml\""
  first=,
  for file in "$work"/files/*; do
    echo "$first\"$PWD/internal/bundled/files/$(basename "$file")\":\"$file\""
    first=,
  done
  echo '}}'
} >"$work/overlay.json"

own=airgap.dev/k3s-compat/internal/version
IFS=. read -r major minor _ <<<"${kubernetes#v}"
flags="-s -w -X $own.Kubernetes=$kubernetes -X $own.Containerd=$containerd -X $own.Etcd=$etcd -X $own.CoreDNS=$coredns"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  flags+=" -X $package.gitVersion=$kubernetes+standin1 -X $package.gitMajor=$major -X $package.gitMinor=$minor"
done
flags+=" -X $shim/version.Version=$containerd"
"${build[@]}" -overlay "$work/overlay.json" -ldflags "$flags" -o "$work/k3s" .

"${build[@]}" -ldflags '-s -w' -o "$work/images/coredns" ./cmd/coredns
"${build[@]}" -ldflags '-s -w' -o "$work/images/pause" ./cmd/pause
"${build[@]}" -o "$work/airgap-images" ./cmd/airgap-images
pause_image=docker.io/rancher/mirrored-pause:3.6
coredns_image=docker.io/rancher/mirrored-coredns-coredns:${coredns#v}
"$work/airgap-images" "$work/images.tar.zst" "$coredns_image=$work/images/coredns" "$pause_image=$work/images/pause"

mv "$work/images.tar.zst" "$out/k3s-airgap-images-amd64.tar.zst"
printf '%s\n' "$coredns_image" "$pause_image" >"$out/k3s-images.txt"
mv "$work/k3s" "$out/k3s"
"$out/k3s" --version
