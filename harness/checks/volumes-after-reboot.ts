// SPDX-License-Identifier: Apache-2.0
import type { Check, CheckContext, Cluster } from '../core/cluster.ts';
import { nothingToAsk, verdictOf } from './listing.ts';
import { readVolume, removeVolume, writeVolume, type WrittenVolume } from './volume-trial.ts';
import { readClaims } from './volumes.ts';

/** What was written before the power cut, by StorageClass. */
const written = new WeakMap<Cluster, ReadonlyMap<string, WrittenVolume>>();

/** Writes to a volume of each StorageClass that the bundle's claims have: `volumesAfterReboot` reads it. */
export async function writeBeforeReboot(context: CheckContext): Promise<void> {
  const volumes = new Map<string, WrittenVolume>();
  written.set(context.cluster, volumes);
  const { classes } = await readClaims(context);
  for (const name of classes) volumes.set(name, await writeVolume(context, name));
}

export const volumesAfterReboot: Check = {
  id: 'reboot-volumes',
  title: 'after a power cut: what was written to a volume before it is there',
  phase: 'reboot',
  async run(context) {
    const { count, problems } = await readClaims(context);
    if (count === 0) return nothingToAsk('there is no PersistentVolumeClaim');
    const volumes = written.get(context.cluster) ?? new Map<string, WrittenVolume>();
    for (const [storageClass, volume] of volumes) {
      const wrong = volume.wrong ?? (await readVolume(context, volume));
      if (wrong !== null) problems.push(`StorageClass ${storageClass}: ${wrong}`);
      await removeVolume(context, volume);
    }
    const kept =
      volumes.size === 0 ? '' : `; a volume of each of ${[...volumes.keys()].join(', ')} kept its data`;
    return verdictOf(problems, `${count} claim(s) have their volume or wait for a pod${kept}`);
  },
};
