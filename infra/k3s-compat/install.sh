#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs K3s as a service of this machine, from an executable that is there already: the stand-in's counterpart of K3s's own
# install.sh, for machines with systemd. It honours the same variables, makes the same unit, and never goes out: it has
# nothing to fetch.
#
#   INSTALL_K3S_SKIP_DOWNLOAD=true ./install.sh [server|agent] [FLAG]...
#
#   INSTALL_K3S_SKIP_DOWNLOAD   has to be true or binary: there is no download
#   INSTALL_K3S_EXEC            words that go before the arguments
#   INSTALL_K3S_NAME            the service is k3s-NAME
#   INSTALL_K3S_TYPE            systemd type of the service (server: notify, agent: exec)
#   INSTALL_K3S_BIN_DIR         folder of the executable (/usr/local/bin)
#   INSTALL_K3S_BIN_DIR_READ_ONLY  true: nothing is written there
#   INSTALL_K3S_SYSTEMD_DIR     folder of the unit (/etc/systemd/system)
#   INSTALL_K3S_SYMLINK         skip, or force; else kubectl, crictl and ctr where the machine has none
#   INSTALL_K3S_SKIP_ENABLE     true: the service is neither enabled nor started
#   INSTALL_K3S_SKIP_START      true: it is not started
#   K3S_*, CONTAINERD_*, *_PROXY   are given to the service
set -eu

fail() {
  echo "[ERROR]  $*" >&2
  exit 1
}
say() {
  echo "[INFO]  $*"
}
isTrue() {
  [ "${1:-}" = true ]
}
# A word that systemd's unit syntax takes as it is: in single quotes, each specifier and variable sign doubled.
quoted() {
  printf "%s" "$1" | sed -e "s/\\\\/\\\\\\\\/g" -e "s/'/\\\\'/g" -e 's/%/%%/g' -e 's/\$/$$/g' -e "s/^/'/" -e "s/\$/'/"
}

[ "$(id -u)" = 0 ] || fail "this needs root"
[ -d /run/systemd/system ] || fail "this machine is not run by systemd"
case ${INSTALL_K3S_SKIP_DOWNLOAD:-} in
  true | binary) ;;
  *) fail "the stand-in is never downloaded: set INSTALL_K3S_SKIP_DOWNLOAD=true and put k3s into its folder" ;;
esac

# shellcheck disable=SC2086 # words
set -- ${INSTALL_K3S_EXEC:-} "$@"
case ${1:-} in
  -* | '')
    command=server
    [ -z "${K3S_URL:-}" ] || command=agent
    ;;
  *)
    command=$1
    shift
    ;;
esac
if [ "$command" = agent ] && [ -n "${K3S_URL:-}" ] && [ -z "${K3S_TOKEN:-}${K3S_TOKEN_FILE:-}" ]; then
  fail "K3S_URL needs K3S_TOKEN or K3S_TOKEN_FILE"
fi

name=k3s
[ "$command" = server ] || name=k3s-$command
[ -z "${INSTALL_K3S_NAME:-}" ] || name=k3s-$INSTALL_K3S_NAME
type=notify
[ "$command" = server ] || type=exec
type=${INSTALL_K3S_TYPE:-$type}
bin=${INSTALL_K3S_BIN_DIR:-/usr/local/bin}
units=${INSTALL_K3S_SYSTEMD_DIR:-/etc/systemd/system}
unit=$units/$name.service
environment=$unit.env

[ -x "$bin/k3s" ] || fail "$bin/k3s is not there, or not executable"
say "Skipping k3s download and verify"

if [ "${INSTALL_K3S_SYMLINK:-}" != skip ] && ! isTrue "${INSTALL_K3S_BIN_DIR_READ_ONLY:-}"; then
  for link in kubectl crictl ctr; do
    if [ "${INSTALL_K3S_SYMLINK:-}" = force ] || { [ ! -e "$bin/$link" ] && ! command -v "$link" >/dev/null; }; then
      say "Creating $bin/$link symlink to k3s"
      ln -sf k3s "$bin/$link"
    fi
  done
fi

mkdir -p "$units"
say "env: Creating environment file $environment"
(
  umask 077
  env | sed -n -E "/^(K3S|CONTAINERD)_[A-Z0-9_]*=|^(NO|HTTP|HTTPS|no|http|https)_(PROXY|proxy)=/p" >"$environment"
)

say "systemd: Creating service file $unit"
arguments=
for word in "$@"; do arguments="$arguments \\
	$(quoted "$word")"; done
cat >"$unit" <<EOF
[Unit]
Description=Lightweight Kubernetes
Documentation=https://k3s.io
Wants=network-online.target
After=network-online.target

[Install]
WantedBy=multi-user.target

[Service]
Type=$type
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
EnvironmentFile=-$environment
KillMode=process
Delegate=yes
User=root
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart=$bin/k3s \\
	$command$arguments
EOF
systemctl daemon-reload

isTrue "${INSTALL_K3S_SKIP_ENABLE:-}" && exit 0
say "systemd: Enabling $name unit"
systemctl enable "$unit" >/dev/null
isTrue "${INSTALL_K3S_SKIP_START:-}" && exit 0
say "systemd: Starting $name"
systemctl restart "$name"
