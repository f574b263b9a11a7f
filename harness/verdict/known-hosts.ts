// SPDX-License-Identifier: Apache-2.0
import { glob } from './globs.ts';

/** A public service that deployments are known to call, and the setting that stops it. */
export interface KnownHost {
  readonly class: string;
  /** Globs of host names. */
  readonly hosts: readonly string[];
  /** What it is, for the remedy's sentence. */
  readonly what: string;
  /** What to change; an imperative sentence. Null: the class's own advice is enough. */
  readonly setting: string | null;
}

/**
 * Public services by host name. Sources: the products' own documentation and issue threads (traefik/traefik#7878,
 * longhorn/longhorn#1549, grafana/grafana#46460, elastic/elasticsearch#76586, kyverno/kyverno#16052,
 * aquasecurity/trivy-operator#2021, falcosecurity/charts#544, jenkinsci/helm-charts#166, cert-manager#959).
 */
export const KNOWN_HOSTS: readonly KnownHost[] = [
  known('version-check', 'Traefik’s version check', 'Set `--global.checkNewVersion=false` (chart: `globalArguments: []`).', 'update.traefik.io'),
  known('telemetry', 'Traefik’s usage statistics', 'Set `--global.sendAnonymousUsage=false`.', 'collect.traefik.io'),
  known('version-check', 'Longhorn’s upgrade check', 'Set the Longhorn setting `upgrade-checker` to `false`.', 'longhorn-upgrade-responder.rancher.io'),
  known('version-check', 'a HashiCorp checkpoint', 'Set `CHECKPOINT_DISABLE=1` (Vault, Consul: `disable_update_check = true`).', 'checkpoint-api.hashicorp.com'),
  known('version-check', 'Grafana’s update check or plug-in download', 'Set `GF_ANALYTICS_CHECK_FOR_UPDATES=false`, `GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES=false`, `GF_PLUGINS_PREINSTALL_DISABLED=true`; put plug-ins into the image.', 'grafana.com', 'grafana.net', '*.grafana.com'),
  known('telemetry', 'Grafana’s usage statistics', 'Set `GF_ANALYTICS_REPORTING_ENABLED=false` (Loki, Tempo, Mimir: `usage_report.reporting_enabled: false`).', 'stats.grafana.org'),
  known('telemetry', 'Elastic’s telemetry', 'Set `telemetry.optIn: false` and `telemetry.enabled: false` in kibana.yml.', 'telemetry.elastic.co', 'telemetry-staging.elastic.co'),
  known('geoip', 'Elastic’s GeoIP database', 'Set `ingest.geoip.downloader.enabled: false`.', 'geoip.elastic.co'),
  known('geoip', 'MaxMind’s GeoIP database', 'Put the database into the bundle and switch the updater off.', 'geolite.maxmind.com', 'download.maxmind.com', 'updates.maxmind.com'),
  known('version-check', 'Rancher’s catalogue or version data', 'Set `CATTLE_SYSTEM_CATALOG=bundled` (chart: `useBundledSystemChart: true`).', 'releases.rancher.com', 'git.rancher.io', 'charts.rancher.io'),
  known('telemetry', 'a Segment, Sentry, PostHog or Datadog collector', 'Switch telemetry off in the product’s settings.', 'api.segment.io', 'cdn.segment.com', '*.sentry.io', 'sentry.io', '*.posthog.com', '*.datadoghq.com', '*.datadoghq.eu', '*.newrelic.com', 'www.google-analytics.com', '*.mixpanel.com', '*.amplitude.com', 'scarf.sh', '*.scarf.sh'),
  known('version-check', 'GitLab’s version check', 'Admin area, Settings, Metrics and profiling: switch off version check and Service Ping.', 'version.gitlab.com'),
  known('version-check', 'a GitHub release query', 'Set the product’s option that disables its update check.', 'api.github.com'),
  known('signature-verification', 'Sigstore’s trust root and transparency log', 'Give the verifier its keys and TUF root from the bundle (Kyverno: `rekor.ignoreTlog: true`, `ctlog.ignoreSCT: true`).', 'tuf-repo-cdn.sigstore.dev', 'rekor.sigstore.dev', 'fulcio.sigstore.dev', '*.sigstore.dev'),
  known('scanner-database', 'a vulnerability database', 'Mirror the database into the site’s registry and name it (Trivy: `--db-repository`, or `--skip-db-update`).', 'mirror.gcr.io', 'toolbox-data.anchore.io', 'grype.anchore.io', 'api.osv.dev', 'nvd.nist.gov', 'services.nvd.nist.gov'),
  known('rules-download', 'Falco’s rules or drivers', 'Set `falcoctl.artifact.install.enabled=false`, `falcoctl.artifact.follow.enabled=false`; choose `driver.kind=modern_ebpf`.', 'falcosecurity.github.io', 'download.falco.org'),
  known('plugin-download', 'Jenkins plug-ins', 'Build an image with the plug-ins; set `controller.installPlugins: false`.', 'updates.jenkins.io', 'get.jenkins.io', 'mirrors.jenkins.io', '*.jenkins-ci.org'),
  known('acme', 'a public ACME certificate authority', null, '*.letsencrypt.org', 'acme.zerossl.com', 'acme.sectigo.com', 'dv.acme-v02.api.pki.goog', 'acme-v*'),
  known('ocsp-crl', 'a certificate status service (OCSP, CRL)', null, 'ocsp.*', '*.ocsp.*', 'crl.*', '*.lencr.org', 'ocsp*.digicert.com', 'crl*.digicert.com', 'o.ss2.us', '*.amazontrust.com', '*.pki.goog'),
  known('ntp', 'a public time server', null, '*.pool.ntp.org', 'pool.ntp.org', 'ntp.ubuntu.com', 'time*.google.com', 'time.cloudflare.com', 'time.windows.com', 'time.apple.com', 'time.nist.gov', 'time-*.nist.gov', 'ntp.*', 'ntp1.*', 'ntp2.*', '0.ntp.*', '1.ntp.*'),
  known('helm-repository', 'a public Helm repository', null, 'charts.helm.sh', 'kubernetes-charts.storage.googleapis.com', 'charts.bitnami.com', 'charts.jetstack.io', 'helm.*', 'charts.*', 'artifacthub.io', 'prometheus-community.github.io', 'kubernetes.github.io'),
  known('os-packages', 'a Linux distribution’s package mirror', null, 'deb.debian.org', 'security.debian.org', 'ftp.*.debian.org', '*.debian.org', 'archive.ubuntu.com', 'security.ubuntu.com', '*.archive.ubuntu.com', 'ports.ubuntu.com', 'changelogs.ubuntu.com', 'esm.ubuntu.com', 'dl-cdn.alpinelinux.org', '*.alpinelinux.org', 'mirrorlist.centos.org', 'mirror.centos.org', 'mirrors.rockylinux.org', 'dl.rockylinux.org', 'mirrors.almalinux.org', 'repo.almalinux.org', 'cdn.redhat.com', 'cdn-ubi.redhat.com', 'subscription.rhsm.redhat.com', 'mirrors.fedoraproject.org', '*.fedoraproject.org', 'download.opensuse.org', 'updates.suse.com', 'yum.*', 'apt.*', 'packages.microsoft.com', 'download.docker.com', 'pkgs.k8s.io', 'developer.download.nvidia.com', 'nvidia.github.io', 'packages.*'),
  known('pypi', 'the Python package index', null, 'pypi.org', '*.pypi.org', 'files.pythonhosted.org', '*.pythonhosted.org', 'conda.anaconda.org', 'repo.anaconda.com'),
  known('npm', 'a JavaScript package registry', null, 'registry.npmjs.org', '*.npmjs.org', 'registry.yarnpkg.com', 'nodejs.org', 'unpkg.com', 'cdn.jsdelivr.net'),
  known('language-packages', 'a language’s package registry', 'Build the image with its dependencies inside.', 'proxy.golang.org', 'sum.golang.org', 'rubygems.org', '*.rubygems.org', 'repo.maven.apache.org', 'repo1.maven.org', 'plugins.gradle.org', 'crates.io', 'static.crates.io', 'index.crates.io', 'api.nuget.org', 'packagist.org', 'repo.packagist.org', 'galaxy.ansible.com', 'cpan.org', '*.cpan.org', 'cran.r-project.org'),
  known('git', 'a public source repository', null, 'github.com', '*.github.com', 'raw.githubusercontent.com', 'objects.githubusercontent.com', '*.githubusercontent.com', 'gitlab.com', 'bitbucket.org', '*.bitbucket.org', 'codeberg.org', 'git.*'),
  known('model-download', 'a model hub', 'Put the model into the bundle; set `HF_HUB_OFFLINE=1`.', 'huggingface.co', '*.huggingface.co', '*.hf.co', 'ollama.com', 'registry.ollama.ai'),
  known('schema-download', 'a JSON or XML schema', 'Put the schema beside the chart and reference it by a relative path.', 'json-schema.org', 'json.schemastore.org', 'www.w3.org', 'kubernetesjsonschema.dev'),
  known('image-pull', 'a public image registry', null, 'registry-1.docker.io', 'auth.docker.io', 'index.docker.io', 'docker.io', 'production.cloudflare.docker.com', 'ghcr.io', 'quay.io', '*.quay.io', 'gcr.io', '*.gcr.io', 'registry.k8s.io', 'k8s.gcr.io', '*.pkg.dev', 'public.ecr.aws', '*.dkr.ecr.*.amazonaws.com', 'mcr.microsoft.com', '*.azurecr.io', 'nvcr.io', 'registry.gitlab.com', 'registry.redhat.io', 'registry.access.redhat.com', 'docker.elastic.co', 'xpkg.upbound.io'),
  known('cloud-metadata', 'a cloud’s metadata service', null, 'metadata.google.internal', 'instance-data.ec2.internal', 'metadata.azure.com'),
  known('cloud-api', 'a cloud provider’s API', 'Switch the cloud integration off or point it to the site’s own service (endpoint URL, credentials).', '*.amazonaws.com', '*.googleapis.com', '*.azure.com', '*.windows.net', 'login.microsoftonline.com', '*.aliyuncs.com', '*.digitalocean.com'),
  known('oidc', 'a public identity provider', null, 'accounts.google.com', '*.okta.com', '*.auth0.com', 'login.*', 'sso.*', 'oidc.*', 'idp.*', 'auth.*'),
  known('doh', 'a public encrypted DNS resolver', null, 'dns.google', 'cloudflare-dns.com', '*.cloudflare-dns.com', 'one.one.one.one', 'dns.quad9.net', 'doh.*', 'dns.nextdns.io', '_dns.resolver.arpa'),
  known('version-check', 'a version or update check', null, 'update.*', 'updates.*', 'version.*', 'versions.*', '*-update.*', '*-updates.*', 'version-check.*', '*-upgrade-responder.*', 'checkpoint-*', 'releases.*'),
  known('telemetry', 'a telemetry collector', null, 'telemetry.*', '*.telemetry.*', 'stats.*', 'metrics.*', 'analytics.*', 'usage.*', 'collect.*', 'collector.*', 'phone-home.*', 'beacon.*'),
];

function known(
  className: string,
  what: string,
  setting: string | null,
  ...hosts: readonly string[]
): KnownHost {
  return { class: className, what, setting, hosts };
}

const COMPILED = KNOWN_HOSTS.map((entry) => ({ entry, tests: entry.hosts.map(glob) }));

/** What is known of a host name. Exact products come before patterns, as the table lists them. */
export function knownHost(name: string): KnownHost | null {
  return COMPILED.find(({ tests }) => tests.some((test) => test(name)))?.entry ?? null;
}
