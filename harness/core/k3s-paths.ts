// SPDX-License-Identifier: Apache-2.0

/** Where K3s keeps its things inside a node: its documented defaults, which the harness fixes by its own drop-in. */
export const K3S = {
  binary: '/usr/local/bin/k3s',
  config: '/etc/rancher/k3s/config.yaml',
  registries: '/etc/rancher/k3s/registries.yaml',
  kubeconfig: '/etc/rancher/k3s/k3s.yaml',
  dataDir: '/var/lib/rancher/k3s',
  images: '/var/lib/rancher/k3s/agent/images',
  manifests: '/var/lib/rancher/k3s/server/manifests',
  staticCharts: '/var/lib/rancher/k3s/server/static/charts',
  /** The harness's choice: K3s writes to its standard error, its service manager says where that goes. */
  log: '/var/log/k3s.log',
} as const;
