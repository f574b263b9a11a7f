// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { Bundle, ManifestObject } from './bundle.ts';
import type { ChartFacts } from './chart.ts';

/** A HelmChart object, of which K3s's helm-controller makes a release by a job. */
export interface HelmChart {
  readonly name: string;
  /** Its own, where the job runs. */
  readonly namespace: string;
  /** Namespace of the release: `spec.targetNamespace`, else the object's own (docs.k3s.io, "Helm"). The release has the object's name. */
  readonly target: string;
  readonly file: string;
  readonly line: number;
  /** `spec.chart`, empty when it is not given. */
  readonly chart: string;
  readonly repo: string;
  readonly version: string;
  /** Packed chart in base64, empty when it is not given; it goes before `chart`. */
  readonly content: string;
}

/** What the log keeps of one: with the facts of the chart that it carries, or that is carried for it. */
export interface HelmChartSummary
  extends Omit<HelmChart, 'content'>,
    Pick<ChartFacts, 'dependencies' | 'remoteSchemas'> {}

const text = z.string().catch('');
const specSchema = z.object({
  targetNamespace: text,
  chart: text,
  repo: text,
  version: text,
  chartContent: text,
});
const bodySchema = z.object({ spec: specSchema.catch(specSchema.parse({})) });

/** True for an object that K3s's helm-controller makes a release of. */
export function isHelmChart({ kind, apiVersion }: Pick<ManifestObject, 'kind' | 'apiVersion'>): boolean {
  return kind === 'HelmChart' && apiVersion.startsWith('helm.cattle.io/');
}

/** The HelmChart objects of a bundle, in its order. What is no text in their `spec` counts as not given. */
export function helmChartsOf({ objects }: Pick<Bundle, 'objects'>): HelmChart[] {
  return objects.filter(isHelmChart).map(readHelmChart);
}

/** One of them; the caller knows that it is one. */
export function readHelmChart({ name, namespace, file, line, body }: ManifestObject): HelmChart {
  const { spec } = bodySchema.catch({ spec: specSchema.parse({}) }).parse(body);
  const own = namespace ?? 'default';
  return {
    name,
    namespace: own,
    target: spec.targetNamespace === '' ? own : spec.targetNamespace,
    file,
    line,
    chart: spec.chart,
    repo: spec.repo,
    version: spec.version,
    content: spec.chartContent,
  };
}

/** Name of the job that installs it (k3s-io/helm-controller, pkg/controllers/chart, `jobName`). */
export function helmJobOf({ name }: Pick<HelmChart, 'name'>): string {
  return `helm-install-${name}`;
}

/** Where K3s serves what lies in server/static/charts. */
const SERVED = /^https:\/\/%\{KUBERNETES_API\}%\/static\/charts\/(.+)$/;

/** Path below server/static/charts of the chart that it takes from K3s itself, null when it takes it from elsewhere or carries it. */
export function servedChart({ chart, repo, content }: HelmChart): string | null {
  return content === '' && repo === '' ? (SERVED.exec(chart)?.[1] ?? null) : null;
}

/** Where it takes its chart from, outside of the bundle and the cluster; null when it does not. */
export function remoteSource(
  helmChart: Omit<HelmChart, 'content'> & { readonly content?: string },
): string | null {
  const { chart, repo, content = '' } = helmChart;
  if (content !== '') return null;
  if (repo !== '') return `repository ${repo}`;
  return SERVED.test(chart) || !/^(?:https?|oci):\/\//.test(chart) ? null : chart;
}

/** The chart that it will be made of, where the bundle carries it. */
export function chartOf(
  helmChart: HelmChart,
  { staticCharts, inlineCharts }: Pick<Bundle, 'staticCharts' | 'inlineCharts'>,
): ChartFacts | null {
  const { name, namespace } = helmChart;
  const served = servedChart(helmChart);
  return (
    inlineCharts.find(({ of }) => of.name === name && of.namespace === namespace) ??
    staticCharts.find(({ installAs }) => installAs === served) ??
    null
  );
}

/** For the log. */
export function summariesOf(bundle: Bundle): HelmChartSummary[] {
  return helmChartsOf(bundle).map((helmChart) => {
    const { content: _content, ...rest } = helmChart;
    const facts = chartOf(helmChart, bundle);
    return { ...rest, dependencies: facts?.dependencies ?? [], remoteSchemas: facts?.remoteSchemas ?? [] };
  });
}
