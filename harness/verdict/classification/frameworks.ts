// SPDX-License-Identifier: Apache-2.0
import { known, type Row } from './row.ts';

/**
 * Frameworks, libraries and build tools that call on behalf of whatever is made with them. Sources: their own code, where the host
 * and the setting stand (gatsby-telemetry, @nuxt/telemetry, @astrojs/telemetry, storybook's core/telemetry, prisma's checkpoint-client, dbt's tracking.py, dagster's telemetry_upload, prefect's telemetry service, crewai's
 * telemetry.py, mlflow's telemetry, jupyterlab's labapp.py, semgrep's metrics.py, litellm's get_model_cost_map, tiktoken's load.py, tldextract's README).
 * As commonly known, not looked up: Turborepo, Wrangler.
 */
export const FRAMEWORKS: readonly Row[] = [
  known('telemetry', 'Gatsby’s usage report', 'Set `GATSBY_TELEMETRY_DISABLED=1`.', 'analytics.gatsbyjs.com'),
  known('telemetry', 'Nuxt’s usage report', 'Set `NUXT_TELEMETRY_DISABLED=1`.', 'telemetry.nuxt.com'),
  known('telemetry', 'Astro’s usage report', 'Set `ASTRO_TELEMETRY_DISABLED=1`.', 'telemetry.astro.build'),
  known(
    'telemetry',
    'Storybook’s usage report or version check',
    'Set `STORYBOOK_DISABLE_TELEMETRY=1` and `core.disableWhatsNewNotifications: true`.',
    'storybook.js.org',
  ),
  known(
    'telemetry',
    'Turborepo’s or Vercel’s usage report',
    'Set `TURBO_TELEMETRY_DISABLED=1` and `VERCEL_TELEMETRY_DISABLED=1`.',
    'telemetry.vercel.com',
  ),
  known(
    'telemetry',
    'Wrangler’s usage report',
    'Set `WRANGLER_SEND_METRICS=false`.',
    'sparrow.cloudflare.com',
  ),
  known('version-check', 'Prisma’s checkpoint', 'Set `CHECKPOINT_DISABLE=1`.', 'checkpoint.prisma.io'),
  known(
    'file-download',
    'Prisma’s engines',
    'Run `prisma generate` when the image is built, or set `PRISMA_ENGINES_MIRROR` to a server of the site.',
    'binaries.prisma.sh',
  ),
  known(
    'telemetry',
    'dbt’s usage report',
    'Set `DBT_SEND_ANONYMOUS_USAGE_STATS=false`.',
    'fishtownanalytics.sinter-collect.com',
    '*.sinter-collect.com',
  ),
  known(
    'telemetry',
    'Dagster’s usage report',
    'Set `telemetry: {enabled: false}` in dagster.yaml.',
    'telemetry.dagster.io',
  ),
  known(
    'telemetry',
    'Prefect’s usage report',
    'Set `PREFECT_SERVER_ANALYTICS_ENABLED=false` and `DO_NOT_TRACK=1`.',
    'sens-o-matic.prefect.io',
  ),
  known(
    'telemetry',
    'CrewAI’s usage report',
    'Set `CREWAI_DISABLE_TELEMETRY=true` or `OTEL_SDK_DISABLED=true`.',
    'telemetry.crewai.com',
  ),
  known(
    'telemetry',
    'MLflow’s usage report',
    'Set `MLFLOW_DISABLE_TELEMETRY=true`.',
    'config.mlflow-telemetry.io',
    '*.mlflow-telemetry.io',
  ),
  known(
    'version-check',
    'JupyterLab’s news',
    'Set `c.LabApp.news_url = None` and `c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"`.',
    'jupyterlab.github.io',
  ),
  known(
    'telemetry',
    'Semgrep’s usage report',
    'Run it with `--metrics=off` (`SEMGREP_SEND_METRICS=off`).',
    'metrics.semgrep.dev',
  ),
  known(
    'rules-download',
    'Semgrep’s rules',
    'Carry the rules in the bundle, and name the files with `--config`.',
    'semgrep.dev',
  ),
  known(
    'model-download',
    'OpenAI’s token tables (tiktoken)',
    'Put the files into the image, and set `TIKTOKEN_CACHE_DIR` to their folder.',
    'openaipublic.blob.core.windows.net',
  ),
  known(
    'schema-download',
    'the list of public suffixes',
    'Use the copy that the library brings (Python’s tldextract: `suffix_list_urls=()`).',
    'publicsuffix.org',
  ),
  known(
    'version-check',
    'Atlas’s version check',
    'Set `ATLAS_NO_UPDATE_NOTIFIER=1` (its operator: `SKIP_VERCHECK=true`).',
    'vercheck.ariga.io',
  ),
];
