# SPDX-License-Identifier: Apache-2.0
# Puts a node's own parts in place: files, read-only binds, the harness's helper. harness/providers/vm/parts-disk.ts is the
# other side. Without a second disk the machine is nobody's node.
set -eu
[ -b /dev/vdb ] || exit 0
parts=/run/airgap/parts
mkdir -p $parts /run/sshd
mount -t ext4 -o ro /dev/vdb $parts
touch /run/airgap/airgap-node
mount --bind $parts/airgap-node /run/airgap/airgap-node
# Once for each disk: what the node's users change in them afterwards stays, as on any machine that is started again.
if ! [ -e /var/lib/airgap-parts ]; then
  cp -a --remove-destination $parts/files/. /
  touch /var/lib/airgap-parts
  sync
fi
cat /etc/hostname >/proc/sys/kernel/hostname
while read -r number to; do
  from=$parts/binds/$number
  if [ -d "$from" ]; then
    mkdir -p "$to"
  else
    mkdir -p "$(dirname "$to")"
    [ -e "$to" ] || touch "$to"
  fi
  mount --bind "$from" "$to"
done <$parts/binds.list
mkfifo -m 600 /run/airgap/gate
modprobe -a virtio_console virtio_net overlay br_netfilter
read -r interface <$parts/interface
until found=$(cd /sys/class/net && ls -d */device 2>/dev/null); do sleep 0.05; done
# Where names are given by place, udev has its say first.
if ! grep -q net.ifnames=0 /proc/cmdline; then
  udevadm settle --timeout=60 || :
  found=$(cd /sys/class/net && ls -d */device)
fi
found=${found%/device}
if [ "$found" != "$interface" ]; then
  ip link set dev "$found" down
  ip link set dev "$found" name "$interface"
fi
resize2fs /dev/vda >/dev/null 2>&1 || : # the overlay may be larger than the image
