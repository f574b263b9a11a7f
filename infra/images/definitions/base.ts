// SPDX-License-Identifier: Apache-2.0
import { DOCUMENTATION } from '../../setup/debian-tree.ts';
import type { DebianTree } from '../../setup/debian-tree.ts';
import type { LayerSource } from '../image-spec.ts';

/** Under every example image with a shell: the C library, getent, sh, and busybox for sleep. */
export const BASE_PACKAGES = ['busybox', 'dash', 'libc-bin', 'libc6', 'netbase'] as const;

/** Packages' files on top of the base; what is documentation, packaging, or of this machine is left out, and `prune` as well. */
export function imageTree(packages: readonly string[], prune: readonly string[] = []): DebianTree {
  return {
    variant: 'extract',
    packages: [...BASE_PACKAGES, ...packages],
    prune: [
      ...DOCUMENTATION,
      'dev',
      'etc/apt',
      'etc/fstab',
      'etc/hostname',
      'etc/resolv.conf',
      'usr/lib/x86_64-linux-gnu/gconv',
      'usr/share/i18n',
      'usr/share/zoneinfo',
      'var/cache',
      'var/lib/apt',
      'var/lib/dpkg',
      'var/log/apt',
      ...prune,
    ],
  };
}

/** What package scripts would have made: users, and names of busybox's programs that the examples use. */
export const baseFiles: LayerSource = {
  entries: [
    {
      path: 'etc/passwd',
      content: [
        'root:x:0:0:root:/root:/bin/sh',
        'www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin',
        '_chrony:x:101:101:chrony:/var/lib/chrony:/usr/sbin/nologin',
        'postgres:x:999:999:PostgreSQL:/var/lib/postgresql:/bin/sh',
        'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
        '',
      ].join('\n'),
    },
    {
      path: 'etc/group',
      content: 'root:x:0:\nwww-data:x:33:\n_chrony:x:101:\npostgres:x:999:\nnogroup:x:65534:\n',
    },
    { path: 'etc/nsswitch.conf', content: 'passwd: files\ngroup: files\nhosts: files dns\n' },
    { path: 'root', directory: true, mode: 0o700 },
    { path: 'run', directory: true },
    { path: 'usr/bin/sleep', linkTo: 'busybox' },
  ],
};
