// SPDX-License-Identifier: Apache-2.0
import { known, type Row, row } from './row.ts';

/**
 * Daemons and tools of Linux distributions, and libraries of monitoring and feature flags, that were run behind the gap to see what they
 * ask for (Debian 12, PyPI and npm, November 2026). Their settings stand in their own configuration or code: PowerDNS's recursor.conf,
 * lynis's default.prf, Debian's /etc/default/debsecan, rspamd's modules.d, transmission's settings.json, yarn's self-update check,
 * update-notifier's and opencensus-ext-azure's code, elastic-apm-node's configuration.
 */
export const MACHINES: readonly Row[] = [
  known(
    'version-check',
    'PowerDNS’s security poll',
    'Set `security-poll-suffix=` (empty) in its configuration.',
    '*.secpoll.powerdns.com',
  ),
  known(
    'version-check',
    'Lynis’s update check',
    'Set `skip-upgrade-test=yes` in its profile.',
    '*.cisofy.com',
  ),
  known(
    'scanner-database',
    'Debian’s security tracker',
    'Give debsecan a copy of the site: `SOURCE=` in /etc/default/debsecan, or `--source`.',
    'security-tracker.debian.org',
  ),
  known(
    'rules-download',
    'Rspamd’s maps and fuzzy hashes',
    'Set `enabled = false` in local.d/fuzzy_check.conf, and give the modules with maps local ones.',
    '*.rspamd.com',
  ),
  known(
    'file-download',
    'smartmontools’ list of drives',
    'Take `update-smart-drivedb` out of its jobs; the package brings a list.',
    'www.smartmontools.org',
  ),
  known(
    'signature-verification',
    'keys or hints of the DNS root (IANA)',
    'Carry root.key and root.hints in the image, and take unbound-anchor out of its start.',
    'data.iana.org',
    'www.internic.net',
  ),
  row(
    'discovery',
    'BitTorrent’s peers or trackers',
    'Switch them off (Transmission: `dht-enabled`, `pex-enabled`, `lpd-enabled`, `port-forwarding-enabled`).',
    { programs: ['transmission-*', 'qbittorrent*', 'deluged'] },
  ),
  known(
    'discovery',
    'BitTorrent’s distributed table or trackers',
    'Switch them off (aria2: `--enable-dht=false`, `--bt-exclude-tracker=*`).',
    'router.bittorrent.com',
    'router.utorrent.com',
    'dht.*',
    'tracker.opentrackr.org',
  ),
  row(
    'public-ip-lookup',
    'dynamic DNS',
    'Take it out: a site without a way out has no public address to announce.',
    { programs: ['ddclient', 'inadyn', 'noip2'] },
  ),
  known(
    'public-ip-lookup',
    'dynamic DNS',
    'Take it out: a site without a way out has no public address to announce.',
    '*.dyndns.org',
    '*.no-ip.com',
    '*.duckdns.org',
    '*.dynu.com',
  ),
  known(
    'telemetry',
    'Azure Application Insights (.NET’s usage report goes there, too)',
    'Leave `APPLICATIONINSIGHTS_CONNECTION_STRING` empty; set `APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL=true` (Node.js: `APPLICATION_INSIGHTS_NO_STATSBEAT=true`; .NET’s tools: `DOTNET_CLI_TELEMETRY_OPTOUT=1`).',
    '*.applicationinsights.azure.com',
    '*.livediagnostics.monitor.azure.com',
    '*.services.visualstudio.com',
  ),
  known(
    'monitoring',
    'Elastic’s cloud',
    'Point it to a server of the site (its agents: `ELASTIC_APM_SERVER_URL`, or `ELASTIC_APM_ACTIVE=false`).',
    '*.cloud.es.io',
    '*.elastic-cloud.com',
  ),
  row(
    'version-check',
    'the update check of a Node.js program (update-notifier)',
    'Set `NO_UPDATE_NOTIFIER=1`.',
    { programs: ['update-notifier', 'simple-update-notifier'] },
  ),
  known(
    'version-check',
    'Yarn’s update check',
    'Run `yarn config set disable-self-update-check true`.',
    'yarnpkg.com',
  ),
  row('version-check', 'pip’s version check', 'Set `PIP_DISABLE_PIP_VERSION_CHECK=1`.', {
    names: ['pypi.org'],
    paths: ['/simple/pip/*'],
  }),
];
