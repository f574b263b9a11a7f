# SPDX-License-Identifier: Apache-2.0
# Run once, by cloud-init of a user's cloud image, in a machine that has no network card: looks whether a node can be made of it,
# puts in what setup's own disk has (the files beside this one) and switches the machine off. What it finds goes to the
# second serial port, a fact a line (harness/providers/vm/cloud-image/answer.ts). Arguments: the programs that a node needs.
set -u
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
here=$(dirname "$0")
complete=yes
say() { echo "$*" >/dev/ttyS1; }
lacks() {
  say "lacks $*"
  complete=no
}

grep '^PRETTY_NAME=' /etc/os-release >/dev/ttyS1
for program in "$@"; do
  command -v "$program" >/dev/null || lacks "$program"
done
[ -d /run/systemd/system ] || lacks 'systemd as its first program'
[ -e /sys/fs/cgroup/cgroup.controllers ] || lacks 'cgroup v2 at /sys/fs/cgroup'
for module in virtio_console virtio_net overlay br_netfilter; do
  modprobe "$module" || [ -d /sys/module/$module ] || lacks "the kernel module $module"
done
[ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing
[ -d /sys/kernel/tracing/events/fib6 ] || lacks 'tracefs with the tracepoints fib and fib6'

if [ $complete = yes ]; then
  (
    set -e
    tar -C / -xf "$here/guest.tar"
    for file in passwd group shadow; do
      cat "$here/$file" >>/etc/$file
    done
    # Each machine gets an id of its own at its first start; none runs cloud-init again.
    : >/etc/machine-id
    rm -f /var/lib/dbus/machine-id
    touch /etc/cloud/cloud-init.disabled
    sync
  ) && say prepared
fi
systemctl --no-block poweroff || poweroff
