// SPDX-License-Identifier: Apache-2.0
import type { ImageSpec, LayerSource } from '../image-spec.ts';
import { webImage } from './web.ts';

/** Debian packages of the database image, on top of the base. */
export const DATABASE_PACKAGES = ['postgresql-15'] as const;

/** What PostgreSQL needs only to compile queries, and Perl, in which Debian's own tools around it are written. */
export const DATABASE_PRUNE = [
  'usr/bin/perl',
  'usr/bin/perl5.36.0',
  'usr/lib/postgresql/15/lib/bitcode',
  'usr/lib/postgresql/15/lib/llvmjit.so',
  'usr/lib/x86_64-linux-gnu/libLLVM-14.so',
  'usr/lib/x86_64-linux-gnu/libLLVM-14.so.1',
  'usr/lib/x86_64-linux-gnu/perl',
  'usr/lib/x86_64-linux-gnu/perl-base',
  'usr/share/perl',
  'usr/share/perl5',
] as const;

const PROGRAMS = '/usr/lib/postgresql/15/bin';

/** Makes the database cluster in $PGDATA the first time, then serves it. */
const SERVE = `#!/bin/sh
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  printf '%s' "$POSTGRES_PASSWORD" >/tmp/password
  initdb --pgdata="$PGDATA" --username=shop --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8
  busybox rm /tmp/password
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  echo 'CREATE DATABASE shop' | postgres --single -D "$PGDATA" postgres
fi
# The kubelet opens a volume's files to fsGroup when it mounts it; PostgreSQL refuses a folder that others may write to.
busybox chmod 0700 "$PGDATA"
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp -c jit=off
`;

export interface ShopParts {
  readonly base: readonly LayerSource[];
  /** The files that nginx adds to the base. */
  readonly nginx: LayerSource;
  /** The files that PostgreSQL adds to the base. */
  readonly postgres: LayerSource;
  /** The shop-api executable. */
  readonly shopApi: string;
  /** The update-check executable. */
  readonly updateCheck: string;
}

/** Images of examples/shop, named as its charts name them. */
export function shopImages(parts: ShopParts): Record<'front' | 'api' | 'postgres' | 'exporter', ImageSpec> {
  return {
    front: webImage('registry.shop.example/shop/front:2.1.0', parts),
    api: {
      references: ['registry.shop.example/shop/api:2.1.0'],
      layers: [{ entries: [{ path: 'shop-api', from: parts.shopApi }] }],
      config: { entrypoint: ['/shop-api'], exposedPorts: ['8080/tcp'], user: '10001:10001' },
    },
    postgres: {
      references: ['registry.shop.example/shop/postgres:15.0'],
      layers: [
        ...parts.base,
        parts.postgres,
        { entries: [{ path: 'usr/local/bin/serve-postgres', content: SERVE, mode: 0o755 }] },
      ],
      config: {
        entrypoint: ['/usr/local/bin/serve-postgres'],
        env: { PATH: `${PROGRAMS}:/usr/sbin:/usr/bin`, PGDATA: '/var/lib/postgresql/data/cluster' },
        exposedPorts: ['5432/tcp'],
        user: '999:999',
      },
    },
    // of examples/shop-broken
    exporter: {
      references: ['registry.shop.example/shop/exporter:0.9.0'],
      layers: [{ entries: [{ path: 'update-check', from: parts.updateCheck }] }],
      config: { entrypoint: ['/update-check'] },
    },
  };
}
