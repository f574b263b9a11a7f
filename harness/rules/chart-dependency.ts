// SPDX-License-Identifier: Apache-2.0
import { finding, type Rule } from './finding.ts';

/** A chart needs another one that lies in no charts/ of its own: helm does not install it, or fetches it from its repository. */
export const chartDependency: Rule = ({ charts, staticCharts, inlineCharts }) =>
  [...charts, ...staticCharts, ...inlineCharts].flatMap(({ file, dependencies }) =>
    dependencies
      .filter(({ vendored }) => !vendored)
      .map(({ name, version, repository, of }) =>
        finding(
          'chart-dependency',
          'warning',
          `${file} (${of} > ${name})`,
          `chart ${of} needs chart "${name}" ${version}${repository === '' ? '' : ` from ${repository}`}, which is not in its charts/`,
          'run `helm dependency build` on the connected side and carry the chart with its charts/ folder',
        ),
      ),
  );
