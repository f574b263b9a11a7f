// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { placeFile } from '../../../infra/setup/place-file.ts';
import { REPO_ROOT } from '../support/needs.ts';

/** Where its catalogue is asked for, once the node has been off. */
export const VENDOR = { address: '203.0.113.77', port: 8080 } as const;

const BUNDLE = `apiVersion: airgap.dev/v1
kind: Bundle
name: boot-only
version: 1.0.0
kubernetes: { distribution: k3s, config: ./config.yaml }
images: [./images/leaky.tar.zst]
manifests: [./manifests]
`;

/** What pods write to volumes lies in memory. */
const CONFIG = 'default-local-storage-path: /run/volumes\n';

/** A cache in /run that is filled when it is installed, and from its vendor after each boot. */
const MANIFEST = `apiVersion: v1
kind: Namespace
metadata: { name: catalog }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data, namespace: catalog }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: catalog, namespace: catalog }
spec:
  selector: { matchLabels: { app: catalog } }
  template:
    metadata: { labels: { app: catalog } }
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 0
      initContainers:
        - name: fill-cache
          image: registry.acme.example/leaky/tools:1.0
          command:
            - /bin/sh
            - -c
            - |
              if [ -e /kept/installed ] && [ ! -e /cache/catalog ]; then
                curl --silent --max-time 2 http://${VENDOR.address}:${VENDOR.port}/catalog
              fi
              : >/kept/installed
              : >/cache/catalog
          volumeMounts: [{ name: kept, mountPath: /kept }, { name: cache, mountPath: /cache }]
      containers:
        - name: main
          image: registry.acme.example/leaky/tools:1.0
          command: [/bin/sleep, infinity]
      volumes:
        - { name: kept, hostPath: { path: /var/lib/catalog, type: DirectoryOrCreate } }
        - { name: cache, hostPath: { path: /run/catalog, type: DirectoryOrCreate } }
`;

/** Writes a bundle into a folder that is well until its node loses its power: then it downloads, and its data is gone. */
export async function writeBootOnlyBundle(dir: string): Promise<void> {
  await mkdir(join(dir, 'manifests'), { recursive: true });
  await writeFile(join(dir, 'bundle.yaml'), BUNDLE);
  await writeFile(join(dir, 'config.yaml'), CONFIG);
  await writeFile(join(dir, 'manifests/catalog.yaml'), MANIFEST);
  await placeFile(join(REPO_ROOT, 'examples/leaky/images/leaky.tar.zst'), join(dir, 'images/leaky.tar.zst'));
}
