#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The site's time server: chrony.sh LAYERS FOLDER ADDRESS NODE REFERENCE SKEW
# chronyd of Debian's package runs in a root of its own: LAYERS are the folders of an overlay, lowest last. It follows a
# reference clock in the same namespace that is wrong by SKEW seconds, and never touches this machine's clock (-x).
# The caller gives a mount and a PID namespace of its own; with its first process all of it ends.
set -eu
layers=$1 folder=$2 address=$3 node=$4 reference=$5 skew=$6
reference_port=11123

mkdir -p "$folder"
mount -t tmpfs tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
root=$folder/root
mount -t overlay overlay -o "lowerdir=$layers,upperdir=$folder/upper,workdir=$folder/work" "$root"
# The layers are root's: a user namespace's root may neither write there nor make devices.
for place in etc run dev; do
  mkdir -p "$root/$place"
  mount -t tmpfs tmpfs "$root/$place"
done
for device in null urandom; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
echo 'root:x:0:0::/:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
# cmdport 0, bindcmdaddress /: nobody is to steer it. log: one line for each who asks is not to be had; the report has them.
cat >"$root/etc/chrony.conf" <<CONF
server 127.0.0.1 port $reference_port iburst minpoll -4 maxpoll -2 minsamples 1 trust
allow
bindaddress $address
cmdport 0
bindcmdaddress /
pidfile /run/chronyd.pid
CONF
# binds where chronyd does not: 127.0.0.1 alone
"$node" "$reference" 127.0.0.1 "$reference_port" "$skew" &
exec chroot "$root" /usr/sbin/chronyd -u root -x -d -f /etc/chrony.conf
