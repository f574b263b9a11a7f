// SPDX-License-Identifier: Apache-2.0
import { finding, type Rule } from './finding.ts';

/** helm fetches what a values.schema.json names by URL whenever it checks values, and refuses the release when it cannot. */
export const remoteSchema: Rule = ({ charts, staticCharts, inlineCharts }) =>
  [...charts, ...staticCharts, ...inlineCharts].flatMap(({ file, remoteSchemas }) =>
    remoteSchemas.map((url) =>
      finding(
        'chart-remote-schema',
        'warning',
        `${file} (${url})`,
        `values.schema.json refers to ${url}, which helm fetches when it installs the chart`,
        'put the definitions into the schema itself (`$defs`) and refer to them by `#/$defs/...`',
      ),
    ),
  );
