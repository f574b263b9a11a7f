// SPDX-License-Identifier: Apache-2.0

// /proc/net follows the process into its network namespace; /sys would show the host's.
const WAIT = `
while :; do
  while read -r L; do case $L in "$1":*) exit 0;; esac; done </proc/net/dev
  echo waiting
  sleep 0.05
done`;

/**
 * Program that ends with 0 when a network device exists; as long as it does not, it says `waiting` each time it has looked.
 * To be run in the device's network namespace.
 */
export function waitForDevice(device: string): readonly string[] {
  return ['sh', '-c', WAIT, 'sh', device];
}
