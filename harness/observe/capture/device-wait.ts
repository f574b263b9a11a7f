// SPDX-License-Identifier: Apache-2.0

/** Ends when the network device exists in its network namespace. /proc/net follows the process; /sys shows the host's. */
const WAIT =
  'until while read -r L; do case $L in "$1":*) exit 0;; esac; done </proc/net/dev; false; do sleep 0.05; done';

/** Program that waits for a device; to be run in the device's network namespace. */
export function waitForDevice(device: string): readonly string[] {
  return ['sh', '-c', WAIT, 'sh', device];
}
