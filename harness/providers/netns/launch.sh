#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Starts a node: launch.sh NETNS AGENT CONFIG CGROUP_FOLDER...
# One single-threaded process from here to `unshare`: it joins the node's cgroups, says its pid, waits for a line, and
# becomes the node's parent. Whoever traces this pid (and its children) before the line sees everything the node does.
set -eu
netns=$1 agent=$2 config=$3
shift 3
for folder in "$@"; do
  echo $$ >"$folder/cgroup.procs"
done
echo $$
read -r _ # no line: the harness is gone
# --cgroup comes after the cgroups were joined: they become the root of what the node sees.
# --kill-child: the end of this process is the end of the node.
# Not `ip netns exec`: it remounts /sys.
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  nsenter --net="$netns" -- \
  unshare --mount --uts --ipc --cgroup --pid --fork --kill-child --mount-proc -- \
  "$agent" init -config "$config" </dev/null
