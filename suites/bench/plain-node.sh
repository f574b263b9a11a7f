#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The baseline of the bench: a node as a plain script would make it, without harness, observers or proof.
#   plain-node.sh K3S IMAGES_ARCHIVE ROOTFS
# Prints the milliseconds from its start to a Ready node, then removes everything.
set -eu
k3s=$1 images=$2 rootfs=$3
began=$(date +%s%N)
name=plain-$$
work=$(mktemp -d /var/tmp/$name.XXXX)
pid=
cleanup() {
  [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
  wait 2>/dev/null || true
  ip netns delete $name 2>/dev/null || true
  ip netns delete $name-sink 2>/dev/null || true
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    for folder in "${cgroups[@]}"; do
      [ ! -d "$folder" ] || find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done
    sleep 0.05
  done
  rm -rf "$work"
}
cgroups=()
trap cleanup EXIT

ip netns add $name
ip netns add $name-sink
ip link add eth0 netns $name type veth peer name node0 netns $name-sink
ip -n $name link set lo up
ip -n $name address add 10.99.0.1/24 dev eth0
ip -n $name link set eth0 up
ip -n $name-sink address add 10.99.0.2/24 dev node0
ip -n $name-sink link set node0 up
ip -n $name route add 10.43.0.0/16 dev eth0 src 10.99.0.1
nsenter --net=/run/netns/$name sysctl -qw net.ipv4.ip_forward=1

while IFS=: read -r _ controllers path; do
  case $controllers in
    '') root=/sys/fs/cgroup/unified; [ -d $root ] || root=/sys/fs/cgroup ;;
    name=systemd) root=/sys/fs/cgroup/systemd ;;
    *) root=/sys/fs/cgroup/$controllers ;;
  esac
  [ -d "$root" ] || continue
  mkdir "$root${path%/}/$name"
  [ ! -f "$root${path%/}/cpuset.cpus" ] || for f in cpuset.cpus cpuset.mems; do
    cat "$root${path%/}/$f" >"$root${path%/}/$name/$f"
  done
  cgroups+=("$root${path%/}/$name")
done </proc/self/cgroup

mkdir -p "$work"/{upper,work,root,rancher,kubelet}
cat >"$work/inside.sh" <<'INSIDE'
set -eu
work=$1 k3s=$2 images=$3 rootfs=$4
root=$work/root
mount -t overlay overlay -o "lowerdir=$rootfs,upperdir=$work/upper,workdir=$work/work" "$root"
mkdir -p "$root"/{proc,sys,run,tmp,dev,old,var/lib/rancher,var/lib/kubelet}
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/dev"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/zero" c 1 5
mknod -m 666 "$root/dev/full" c 1 7
mknod -m 666 "$root/dev/random" c 1 8
mknod -m 666 "$root/dev/urandom" c 1 9
mknod -m 600 "$root/dev/kmsg" c 1 11
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
while read -r controller _; do
  case $controller in '#'*) continue ;; esac
  mkdir "$root/sys/fs/cgroup/$controller"
  mount -t cgroup -o "$controller" cgroup "$root/sys/fs/cgroup/$controller" 2>/dev/null || rmdir "$root/sys/fs/cgroup/$controller"
done </proc/cgroups
mkdir "$root/sys/fs/cgroup/systemd" "$root/sys/fs/cgroup/unified"
mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/unified"
mount --bind "$work/rancher" "$root/var/lib/rancher"
mount --bind "$work/kubelet" "$root/var/lib/kubelet"
for name in vm/overcommit_memory kernel/panic kernel/panic_on_oops; do
  cat "/proc/sys/$name" >"$root/run/${name##*/}"
  mount --bind "$root/run/${name##*/}" "$root/proc/sys/$name"
done
touch "$root/usr/local/bin/k3s"
mount --bind "$k3s" "$root/usr/local/bin/k3s"
mkdir -p "$root/var/lib/rancher/k3s/agent/images" "$root/var/lib/rancher/k3s/agent/etc/kubelet.conf.d" \
  "$root/var/lib/rancher/k3s/agent/etc/containerd/config-v3.toml.d"
cp "$images" "$root/var/lib/rancher/k3s/agent/images/"
rm -f "$root/etc/resolv.conf"
echo nameserver 10.99.0.2 >"$root/etc/resolv.conf"
printf 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailCgroupV1: false\noomScoreAdj: 0\nfailSwapOn: false\nevictionHard: {"nodefs.available": "1%%", "imagefs.available": "1%%"}\n' \
  >"$root/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/50.conf"
printf "version = 3\n[plugins.'io.containerd.cri.v1.runtime']\n  restrict_oom_score_adj = true\n" \
  >"$root/var/lib/rancher/k3s/agent/etc/containerd/config-v3.toml.d/50.toml"
cd "$root"
pivot_root . old
umount -l /old
mount --make-rshared /
hostname plain
exec /usr/local/bin/k3s server --node-name n1 --node-ip 10.99.0.1 --advertise-address 10.99.0.1 --flannel-iface eth0 \
  --resolv-conf /etc/resolv.conf --kube-proxy-arg=conntrack-max-per-core=0 --kube-proxy-arg=conntrack-min=0 \
  --kube-proxy-arg=oom-score-adj=0 >/var/lib/rancher/k3s.log 2>&1
INSIDE
(
  for folder in "${cgroups[@]}"; do echo $BASHPID >"$folder/cgroup.procs"; done
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin nsenter --net=/run/netns/$name -- \
    unshare --mount --uts --ipc --cgroup --pid --fork --kill-child --mount-proc -- \
    bash "$work/inside.sh" "$work" "$k3s" "$images" "$rootfs" </dev/null
) &
pid=$!
deadline=$((SECONDS + 120))
until [ -f "$work/upper/etc/rancher/k3s/k3s.yaml" ] &&
  nsenter --net=/run/netns/$name "$k3s" kubectl --kubeconfig "$work/upper/etc/rancher/k3s/k3s.yaml" \
    get node n1 -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null | grep -q True; do
  if [ $SECONDS -gt $deadline ] || ! kill -0 $pid 2>/dev/null; then
    tail -20 "$work/rancher/k3s.log" >&2
    exit 1
  fi
  sleep 0.05
done
echo $((($(date +%s%N) - began) / 1000000))
