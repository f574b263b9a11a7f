// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { Assets } from '../../../harness/core/assets.ts';
import type { ManifestObject } from '../../../harness/core/bundle.ts';
import { HarnessError } from '../../../harness/core/errors.ts';
import { CHART } from '../../support/empty-chart.ts';
import {
  archivesFor,
  leftOutParts,
  neededParts,
  partArchives,
  speculativeParts,
  traefikConfigLimit,
} from '../../../harness/run/needed-parts.ts';

const object = (kind: string, body: object = {}, apiVersion = 'v1'): ManifestObject => ({
  apiVersion,
  kind,
  namespace: 'shop',
  name: 'x',
  file: 'a.yaml',
  line: 1,
  body,
});

const NO_CHARTS = { charts: [], staticCharts: [], inlineCharts: [] };

const ofKinds = (...objects: ManifestObject[]): string[] => neededParts({ objects });

describe('parts of what K3s packages that a bundle asks for', () => {
  it('are none for what needs none', () => {
    expect(ofKinds(object('Deployment'), object('Service', { spec: { type: 'NodePort' } }))).to.deep.equal(
      [],
    );
  });

  it('follow from kinds, and from what is inside them', () => {
    expect(ofKinds(object('PersistentVolumeClaim'))).to.deep.equal(['local-storage']);
    const set = object('StatefulSet', { spec: { volumeClaimTemplates: [{}] } });
    const ephemeral = object('Deployment', {
      spec: { template: { spec: { volumes: [{ ephemeral: { volumeClaimTemplate: {} } }] } } },
    });
    expect(ofKinds(set)).to.deep.equal(['local-storage']);
    expect(ofKinds(ephemeral)).to.deep.equal(['local-storage']);
    expect(ofKinds(object('HorizontalPodAutoscaler'))).to.deep.equal(['metrics-server']);
    expect(ofKinds(object('Service', { spec: { type: 'LoadBalancer' } }))).to.deep.equal(['servicelb']);
    expect(ofKinds(object('Ingress'))).to.deep.equal(['servicelb', 'traefik']);
    const route = object('IngressRoute', {}, 'traefik.io/v1alpha1');
    expect(ofKinds(route)).to.deep.equal(['servicelb', 'traefik']);
    expect(ofKinds(object('Middleware', {}, 'web.example/v1'))).to.deep.equal([]);
  });

  it('follow from what charts speak of', () => {
    const ofChart = (...kinds: string[]): string[] =>
      speculativeParts({ ...NO_CHARTS, charts: [{ ...CHART, kinds }] });
    expect(ofChart('Deployment', 'LoadBalancer', 'PersistentVolumeClaim')).to.deep.equal([
      'local-storage',
      'servicelb',
    ]);
    expect(ofChart('StatefulSet')).to.deep.equal([]);
    expect(ofChart('Middleware')).to.deep.equal(['servicelb', 'traefik']);
  });

  it('are the controller of HelmChart objects, and what the charts speak of that they are made of', () => {
    expect(ofKinds(object('HelmChart', {}, 'helm.cattle.io/v1'))).to.deep.equal(['helm-controller']);
    expect(ofKinds(object('HelmChartConfig', {}, 'helm.cattle.io/v1'))).to.deep.equal(['helm-controller']);
    expect(ofKinds(object('HelmChart', {}, 'example.com/v1'))).to.deep.equal([]);
    const kinds = ['HorizontalPodAutoscaler'];
    const inline = { ...CHART, kinds, of: { name: 'web', namespace: 'shop' } };
    expect(speculativeParts({ ...NO_CHARTS, inlineCharts: [inline] })).to.deep.equal(['metrics-server']);
    const served = { ...CHART, kinds, installAs: 'web.tgz' };
    expect(speculativeParts({ ...NO_CHARTS, staticCharts: [served] })).to.deep.equal(['metrics-server']);
  });

  it('have archives only where the stand-in runs, and it is said when setup made none', () => {
    const k3s = { binary: '/k3s', images: [], version: '', parts: { traefik: '/traefik.tar.zst' } };
    const assets = (standIn: boolean): Assets => ({
      version: 1,
      k3s: { ...k3s, standIn },
      agent: '',
      agentSources: '',
      helm: '',
      nodeImage: '',
      nodeImageKey: '',
      canaryImage: '',
      canaryRef: '',
    });
    expect(partArchives(assets(true), ['traefik'])).to.deep.equal(['/traefik.tar.zst']);
    const charts = [{ ...CHART, kinds: ['Ingress'] }]; // by its values perhaps none: what setup made is given, nothing is missed
    expect(archivesFor(assets(true), { ...NO_CHARTS, objects: [], charts })).to.deep.equal([
      '/traefik.tar.zst',
    ]);
    expect(partArchives(assets(false), ['traefik', 'servicelb'])).to.deep.equal([]);
    expect(() => partArchives(assets(true), ['servicelb'])).to.throw(HarnessError, 'servicelb');
  });

  it('values for K3s’s own Traefik change nothing in the stand-in’s, which is said', () => {
    const config = object('HelmChartConfig', {}, 'helm.cattle.io/v1');
    const traefik = { ...config, name: 'traefik', namespace: 'kube-system' };
    expect(traefikConfigLimit({ objects: [config, traefik] })).to.contain('kube-system/traefik (a.yaml:1)');
    expect(traefikConfigLimit({ objects: [config] })).to.equal(null);
  });

  it('that were left out are named, none when none was', () => {
    const archive = (part: string): string => `/c/k3s-airgap-images-amd64-${part}.tar.zst`;
    const all = ['helm-controller', 'local-storage', 'metrics-server', 'servicelb', 'traefik'].map(archive);
    expect(leftOutParts(all)).to.equal(null);
    expect(leftOutParts(all.toSpliced(1, 1))).to.contain(': local-storage (the default StorageClass);');
  });
});
