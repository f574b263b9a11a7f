// SPDX-License-Identifier: Apache-2.0
import { known, type Row } from './row.ts';

/**
 * Servers, and programs of a Linux machine, that call home. Sources: their own code, packaged configuration or documentation, where the host
 * and the setting stand (strapi, hazelcast's PhoneHome, neo4j's UDC and its usage report, netdata's installer, syncthing's config, redpanda's
 * metrics_reporter, hasura's telemetry guide, ory's metricsx, cube's track, zabbix's CSoftwareVersionCheck, pgAdmin's config.py, authentik's update
 * task, woodpecker's use of version.json, ToolJet's metadata service). As commonly known, not looked up: YugabyteDB, Directus, WordPress, Node-RED,
 * CrowdSec, suricata-update, SpamAssassin, ClamAV, popularity-contest, fwupd.
 */
export const SERVERS: readonly Row[] = [
  known('telemetry', 'Strapi’s usage report', 'Set `STRAPI_TELEMETRY_DISABLED=true`.', 'analytics.strapi.io'),
  known(
    'telemetry',
    'Hazelcast’s phone home',
    'Set `HZ_PHONE_HOME_ENABLED=false`.',
    'phonehome.hazelcast.com',
    'versioncheck.hazelcast.com',
  ),
  known('telemetry', 'Neo4j’s usage report', 'Set `dbms.usage_report.enabled=false`.', 'udc.neo4j.org'),
  known(
    'telemetry',
    'Netdata’s registry or usage report',
    'Set `DISABLE_TELEMETRY=1` (or make `/etc/netdata/.opt-out-from-anonymous-statistics`), and `registry to announce` in netdata.conf.',
    'registry.my-netdata.io',
    'posthog.netdata.cloud',
    'app.netdata.cloud',
  ),
  known(
    'telemetry',
    'Redpanda’s usage report',
    'Set `enable_metrics_reporter: false` (rpk: `rpk.enable_usage_stats: false`).',
    'm.rp.vectorized.io',
  ),
  known(
    'telemetry',
    'YugabyteDB’s call home',
    'Start it with `--callhome_enabled=false`.',
    'diagnostics.yugabyte.com',
    'yw-diagnostics.yugabyte.com',
  ),
  known(
    'telemetry',
    'Hasura’s usage report',
    'Set `HASURA_GRAPHQL_ENABLE_TELEMETRY=false`.',
    'telemetry.hasura.io',
  ),
  known(
    'telemetry',
    'Ory’s usage report',
    'Start it with `--sqa-opt-out` (`SQA_OPT_OUT=true`).',
    'sqa.ory.sh',
  ),
  known('telemetry', 'Cube’s usage report', 'Set `CUBEJS_TELEMETRY=false`.', 'track.cube.dev'),
  known('telemetry', 'Directus’s usage report', 'Set `TELEMETRY=false`.', 'telemetry.directus.io'),
  known('version-check', 'ToolJet’s update check', null, 'hub.tooljet.io', 'hub.tooljet.com'),
  known(
    'version-check',
    'Zabbix’s update check',
    'Set `AllowSoftwareUpdateCheck=0` in zabbix_server.conf.',
    'services.zabbix.com',
  ),
  known('version-check', 'pgAdmin’s update check', 'Set `UPGRADE_CHECK_ENABLED = False`.', 'www.pgadmin.org'),
  known(
    'version-check',
    'authentik’s update check',
    'Set `AUTHENTIK_DISABLE_UPDATE_CHECK=true`.',
    'version.goauthentik.io',
  ),
  known('version-check', 'Woodpecker’s version check', null, 'woodpecker-ci.org'),
  known(
    'version-check',
    'WordPress’s update check',
    'Set `WP_HTTP_BLOCK_EXTERNAL` to true in wp-config.php.',
    'api.wordpress.org',
    'downloads.wordpress.org',
  ),
  known(
    'version-check',
    'Syncthing’s upgrade check',
    'Set `autoUpgradeIntervalH` to 0 (`STNOUPGRADE=1`).',
    'upgrades.syncthing.net',
  ),
  known(
    'discovery',
    'Syncthing’s discovery or relays',
    'Set `globalAnnounceEnabled`, `relaysEnabled` and `urAccepted` off in its configuration.',
    '*.syncthing.net',
  ),
  known(
    'plugin-download',
    'Node-RED’s catalogue',
    'Set `editorTheme.palette.catalogues` to one of the site.',
    'catalogue.nodered.org',
  ),
  known(
    'rules-download',
    'CrowdSec’s hub or central API',
    'Remove `api.server.online_client` from its configuration, and carry the hub’s items in the image.',
    '*.crowdsec.net',
  ),
  known(
    'rules-download',
    'rules of an intrusion detection (Emerging Threats)',
    'Carry the rules in the bundle, and give suricata-update their file with `--local`.',
    'rules.emergingthreats.net',
  ),
  known(
    'rules-download',
    'SpamAssassin’s rules',
    'Switch sa-update off (Debian: `CRON=0` in /etc/default/spamassassin), or give it a channel of the site.',
    '*.updates.spamassassin.org',
    'updates.spamassassin.org',
  ),
  known(
    'scanner-database',
    'ClamAV’s signatures',
    'Set `PrivateMirror` in freshclam.conf to a server of the site.',
    '*.clamav.net',
  ),
  known(
    'telemetry',
    'Debian’s popularity contest',
    'Set `PARTICIPATE="no"` in /etc/popularity-contest.conf.',
    'popcon.debian.org',
  ),
  known(
    'os-packages',
    'fwupd’s catalogue of firmware',
    'Mask `fwupd-refresh.timer`, and set `Enabled=false` in /etc/fwupd/remotes.d/lvfs.conf.',
    'cdn.fwupd.org',
    'fwupd.org',
  ),
];
