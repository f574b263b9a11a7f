#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds Traefik: build.sh OUTFILE. What module proxies do not serve of its dependencies is made up for: two modules are copied
# out of the module cache and overlay/ is laid over them (README.md). GO names the go program (default: go of PATH).
set -euo pipefail
out=$(realpath -m "${1:?usage: build.sh OUTFILE}")
go=${GO:-go}
cd "$(dirname "$0")"
export CGO_ENABLED=0 GOOS=linux GOARCH=amd64 GOFLAGS=-mod=readonly GOTOOLCHAIN=local
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A replaced module is not in go.sum: its hash is compared here.
copy_module() {
  local found
  found=$(cd / && "$go" mod download -json "$1")
  grep -qF "\"Sum\": \"$2\"" <<<"$found" || { echo "$1 is not what it was, or cannot be had: $found" >&2; exit 1; }
  cp -r --no-preserve=mode "$(sed -n 's/.*"Dir": "\(.*\)",/\1/p' <<<"$found")" "$work/$3"
}
copy_module github.com/go-acme/lego/v5@v5.4.1 h1:Jt6xAP9xQrJ3SLLGgxejfDDd3pzdrmuLCWe4oTqHHQc= lego
copy_module github.com/abbot/go-http-auth@v0.4.0 h1:QjmvZ5gSC7jm3Zg54DqWE/T5m1t2AfDu6QlXJT0EVT0= http-auth
cp -r go.mod go.sum overlay/. "$work/"

cd "$work"
traefik=$("$go" list -m -f '{{.Version}}' github.com/traefik/traefik/v3)
own=github.com/traefik/traefik/v3/pkg/version
"$go" build -trimpath -buildvcs=false -ldflags "-s -w -X $own.Version=${traefik#v}" -o "$out" github.com/traefik/traefik/v3/cmd/traefik
