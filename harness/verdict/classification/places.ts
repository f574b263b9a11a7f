// SPDX-License-Identifier: Apache-2.0
import { type Row, row } from './row.ts';

const TCP = ['tcp'];
const UDP = ['udp'];
const BOTH = ['tcp', 'udp'];

/** What the path of an HTTP request tells, whatever the host. */
export const PATHS: readonly Row[] = [
  row('oidc', 'a discovery of an identity provider (OpenID Connect)', null, {
    paths: ['*/.well-known/openid-configuration*', '*/.well-known/oauth-authorization-server*'],
  }),
  row('cloud-metadata', 'a cloud’s metadata service', null, {
    paths: ['/latest/meta-data*', '/latest/api/token', '/computeMetadata/*', '/metadata/instance*'],
  }),
  row('acme', 'an ACME directory', null, {
    paths: ['/directory', '*/acme/*', '/.well-known/acme-challenge/*'],
  }),
  row('ocsp-crl', 'a revocation list or status request', null, { paths: ['*.crl', '*/ocsp', '*/ocsp/*'] }),
  row('helm-repository', 'the index of a Helm repository', null, { paths: ['*/index.yaml'] }),
  row('os-packages', 'the index of a package mirror', null, {
    paths: ['*/InRelease', '*/Release', '*/repodata/repomd.xml', '*/APKINDEX.tar.gz'],
  }),
  row('pypi', 'a Python package index', null, { paths: ['/simple/*'] }),
  row('git', 'a Git repository', null, { paths: ['*/info/refs*', '*/git-upload-pack'] }),
  row('doh', 'an encrypted DNS resolver', null, { paths: ['/dns-query*'] }),
  row('artifact-pull', 'a registry', null, { paths: ['/v2/*'] }),
  row('schema-download', 'a schema', null, { paths: ['*.schema.json', '*.xsd', '*.dtd'] }),
];

/** What the kind of question for a name tells (RFC 2782 service labels, ACME). */
export const SERVICE_NAMES: readonly Row[] = [
  row('signature-verification', 'a search for a server of public keys', null, {
    names: ['_pgpkey-http*', '_hkp*'],
  }),
  row('directory', 'a search for a directory server', null, { names: ['_ldap.*', '_kerberos.*', '_gc.*'] }),
  row('database', 'a search for a database', null, { names: ['_mongodb.*', '_mysql.*', '_postgresql.*'] }),
  row('acme', 'an ACME challenge', null, { names: ['_acme-challenge.*'] }),
  row('ntp', 'a search for a time server', null, { names: ['_ntp.*'] }),
];

/** Addresses that are what they are on every network. */
export const ADDRESSES: readonly Row[] = [
  row('cloud-metadata', 'a cloud’s metadata service', null, {
    addresses: [
      '169.254.169.254',
      '169.254.170.2',
      '169.254.170.23',
      '168.63.129.16',
      '100.100.100.200',
      'fd00:ec2::254',
      'fd00:ec2::23',
    ],
  }),
  row('icmp-ping', 'a ping', null, { protocols: ['icmp', 'icmpv6'] }),
  row('dns-server', 'a DNS server', null, { protocols: BOTH, ports: [53], nameless: true }),
  // TCP without a look-up is a Service's endpoint outside far more often than a frame: its port says more
  row('raw-frame', 'a frame that a program built itself', null, {
    protocols: UDP,
    framesOnly: true,
    nameless: true,
  }),
  row(
    'unknown-address',
    'an endpoint of a Service, which lies outside',
    'Find the Service by that address (`kubectl get endpointslices -A`), and give it an endpoint inside.',
    { protocols: ['ip'] },
  ),
  row('doh', 'a public DNS resolver, asked over HTTPS', null, {
    addresses: [
      '1.1.1.1',
      '1.0.0.1',
      '8.8.8.8',
      '8.8.4.4',
      '9.9.9.9',
      '149.112.112.112',
      '2606:4700:4700::1111',
      '2606:4700:4700::1001',
      '2001:4860:4860::8888',
      '2001:4860:4860::8844',
      '2620:fe::fe',
    ],
    ports: [443],
  }),
];

/** Programs that have one purpose. */
export const PROGRAMS: readonly Row[] = [
  row('image-pull', 'a registry', null, { programs: ['containerd', 'crio'] }),
  row('os-packages', 'a package manager', null, {
    programs: [
      'apt',
      'apt-get',
      'http',
      'https',
      'dnf*',
      'yum',
      'microdnf',
      'apk',
      'zypper',
      'snap',
      'snapd',
      'unattended-upgrade*',
      'debootstrap',
    ],
  }),
  row('pypi', 'Python’s package manager', null, {
    programs: ['pip', 'pip3*', 'pip2*', 'uv', 'poetry', 'pipenv', 'conda'],
  }),
  row('npm', 'a JavaScript package manager', null, {
    programs: ['npm', 'npx', 'npm-cli.js', 'npx-cli.js', 'yarn', 'yarn.js', 'pnpm', 'pnpm.cjs', 'corepack'],
  }),
  row('language-packages', 'a package manager', null, {
    programs: [
      'go',
      'cargo',
      'gem',
      'bundle',
      'bundler',
      'composer',
      'mvn',
      'gradle',
      'cpan',
      'cpanm',
      'ansible-galaxy',
      'nuget',
      'mix',
    ],
  }),
  row('git', 'Git', null, { programs: ['git', 'git-remote-https', 'git-remote-http', 'svn', 'hg'] }),
  row('helm-repository', 'helm', null, { programs: ['helm'] }),
  row('ntp', 'a time client', null, {
    programs: [
      'chronyd',
      'ntpd',
      'ntpdate',
      'systemd-timesyncd',
      'systemd-timesyn',
      'sntp',
      'openntpd',
      'rdate',
    ],
  }),
  row('scanner-database', 'a scanner', null, { programs: ['trivy', 'grype', 'clair', 'freshclam'] }),
  row('signature-verification', 'a signature check', null, {
    programs: ['cosign', 'rekor-cli', 'gitsign', 'dirmngr'],
  }),
  row('message-broker', 'a message broker', null, { programs: ['mosquitto', 'mosquitto_*'] }),
  row('file-download', 'a downloader', null, { programs: ['yt-dlp', 'youtube-dl', 'aria2c'] }),
  row('icmp-ping', 'a trace of the route', null, {
    programs: ['traceroute*', 'tracepath*', 'mtr', 'mtr-packet', 'fping'],
  }),
  row('artifact-pull', 'a registry client', null, {
    programs: ['skopeo', 'crane', 'oras', 'regctl', 'podman', 'buildah', 'buildkitd', 'docker'],
  }),
  row('ssh', 'SSH', null, { programs: ['ssh', 'sftp', 'scp'] }),
  row('vpn', 'a tunnel', null, { programs: ['tailscaled', 'cloudflared', 'openvpn', 'wireguard-go'] }),
  row('vpn', 'an anonymising network', null, { programs: ['tor', 'i2pd'] }),
];

function ports(
  className: string,
  what: string,
  protocols: readonly string[],
  ...numbers: readonly number[]
): Row {
  return row(className, what, null, { ports: numbers, protocols });
}

/** Services by port, where nothing else tells. Numbers: IANA’s service registry; where that has none, the product’s default. */
export const PORTS: readonly Row[] = [
  ports('ssh', 'SSH', TCP, 22),
  ports('mail', 'a mail server', TCP, 25, 110, 143, 465, 587, 993, 995),
  ports('ntp', 'a time server', BOTH, 123, 4460),
  ports('doh', 'DNS over TLS or QUIC', BOTH, 853),
  ports('dns-server', 'a DNS server', BOTH, 53),
  ports('directory', 'a directory (Kerberos, LDAP)', BOTH, 88, 389, 464, 636, 3268, 3269),
  ports('syslog', 'a log collector', BOTH, 514, 601, 6514, 24224, 5044, 12201),
  ports(
    'monitoring',
    'a collector of metrics or traces',
    BOTH,
    162,
    2003,
    4317,
    4318,
    6831,
    8125,
    9411,
    14250,
    14268,
  ),
  ports('network-storage', 'network storage (NFS, SMB, iSCSI)', TCP, 111, 445, 2049, 3260),
  ports('database', 'a database', TCP, 1433, 1521, 3306, 5432, 6379, 9042, 9200, 27017, 26257),
  ports('message-broker', 'a message broker', TCP, 1883, 4222, 5671, 5672, 8883, 9092, 9093, 61616),
  ports('proxy', 'a proxy', TCP, 1080, 3128, 8118),
  ports('kubernetes-api', 'a Kubernetes API server', TCP, 6443),
  ports(
    'vpn',
    'a tunnel (IPsec, OpenVPN, L2TP, Teredo, VXLAN, Geneve, Tailscale, WireGuard)',
    UDP,
    500,
    1194,
    1701,
    3544,
    4500,
    4789,
    6081,
    8472,
    41641,
    51820,
  ),
  row('vpn', 'a tunnel (IP in IP, GRE, IPsec)', null, {
    protocols: ['ipip', 'ipv6-in-ip', 'gre', 'esp', 'ah'],
  }),
  ports('public-ip-lookup', 'a STUN or TURN server', BOTH, 3478, 5349, 19302),
  ports('git', 'Git', TCP, 9418),
  ports('discovery', 'service discovery', UDP, 1900, 3702, 5353),
  ports('discovery', 'service discovery', BOTH, 3689),
  row('http-by-address', 'a web server named by its address', null, {
    protocols: BOTH,
    ports: [80, 443, 8080, 8443],
    nameless: true,
  }),
  row('discovery', 'multicast membership', null, { protocols: ['igmp'] }),
];
