// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import { K3S } from '../core/k3s-paths.ts';
import type { LinkPlan } from '../core/node.ts';
import type { NodeLimits } from './node-limits.ts';

export interface DropIn {
  readonly path: string;
  readonly content: string;
  /** A part of the content that no log or report shows. */
  readonly secret?: string;
}

/**
 * Files that the harness adds beside the bundle's own, never into them: addresses (K3s finds none without a default route), the
 * resolver, and what cgroup v1 or missing capabilities need. The report lists them.
 */
export function dropIns(link: LinkPlan, nodeName: string, limits: NodeLimits): DropIn[] {
  const address = link.node4.split('/')[0] ?? '';
  const config = {
    // A bundle may name other places; these are where the harness puts and finds things.
    'data-dir': K3S.dataDir,
    'write-kubeconfig': K3S.kubeconfig,
    'node-name': nodeName,
    'node-ip': address,
    'advertise-address': address,
    'flannel-iface': link.nodeInterface,
    'resolv-conf': '/etc/resolv.conf',
    'write-kubeconfig-mode': '0600',
    'kube-proxy-arg+': [
      'conntrack-max-per-core=0',
      'conntrack-min=0',
      ...(limits.sysResource ? [] : ['oom-score-adj=0']),
    ],
  };
  const kubelet = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    ...(limits.cgroupV1 ? { failCgroupV1: false } : {}),
    ...(limits.sysResource ? {} : { oomScoreAdj: 0 }),
    failSwapOn: false,
    // A test machine's disk is not the site's: neither evict nor collect garbage because it is full.
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 99,
    imageGCLowThresholdPercent: 98,
  };
  const files: DropIn[] = [
    { path: `${K3S.config}.d/90-airgap.yaml`, content: stringify(config) },
    { path: `${K3S.dataDir}/agent/etc/kubelet.conf.d/50-airgap.conf`, content: stringify(kubelet) },
  ];
  if (!limits.sysResource) {
    files.push({
      path: `${K3S.dataDir}/agent/etc/containerd/config-v3.toml.d/50-airgap.toml`,
      content: "version = 3\n\n[plugins.'io.containerd.cri.v1.runtime']\n  restrict_oom_score_adj = true\n",
    });
  }
  return files;
}

/** The content as logs and reports show it. */
export function shownOf({ content, secret }: DropIn): string {
  return secret === undefined ? content : content.replaceAll(secret, '***');
}
