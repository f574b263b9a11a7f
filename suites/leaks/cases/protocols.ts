// SPDX-License-Identifier: Apache-2.0
import { atPort, hostPort, toAddress, toName } from '../reach.ts';
import type { Deed, LeakCase } from '../types.ts';

const pod = 'pod';

/** Services that programs are known to call: by port, by address, by name. */
export const protocolCases: readonly LeakCase[] = [
  { id: 'QUIC', place: pod, deed: atPort('udp', 'quic', 443, 'http-by-address') },
  { id: 'NTP by address', place: pod, sentinel: true, deed: atPort('udp', 'ntp', 123, 'ntp') },
  { id: 'syslog', place: pod, deed: atPort('udp', 'udp-sendto', 514, 'syslog') },
  { id: 'mail', place: pod, deed: atPort('tcp', 'tcp', 587, 'mail') },
  { id: 'database', place: pod, deed: atPort('tcp', 'tcp', 5432, 'database') },
  { id: 'SSH', place: pod, deed: atPort('tcp', 'tcp-nonblocking', 22, 'ssh') },
  {
    id: 'DNS over TLS',
    place: pod,
    deed: (draw) => {
      const [address, name] = [draw.address4(), draw.host()];
      return {
        argv: ['tls', hostPort(address, 853), name],
        reaches: [{ ...toAddress('tcp', address, 853, 'doh'), said: { name, class: 'doh' } }],
      };
    },
  },
  {
    id: 'DNS over HTTPS by address',
    place: pod,
    // a documentation address: nothing but the path, which no profile without an answer can know, tells it from other HTTPS
    deed: (draw) => {
      const address = draw.address4();
      return {
        argv: ['http', `https://${address}/dns-query?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlAAABAAE`],
        reaches: [toAddress('tcp', address, 443, 'http-by-address')],
      };
    },
  },
  {
    id: 'cloud metadata',
    place: pod,
    sentinel: true,
    deed: () => ({
      argv: ['http', 'http://169.254.169.254/latest/meta-data/iam/'],
      reaches: [toAddress('tcp', '169.254.169.254', 80, 'cloud-metadata')],
    }),
  },
  {
    id: 'cloud metadata over IPv6',
    place: pod,
    deed: () => ({
      argv: ['http', 'http://[fd00:ec2::254]/latest/meta-data/'],
      reaches: [toAddress('tcp', 'fd00:ec2::254', 80, 'cloud-metadata')],
    }),
  },
  {
    id: 'HTTP proxy by address',
    place: pod,
    deed: (draw) => {
      const [address, port, name] = [draw.address4(), draw.port(), draw.host()];
      return {
        argv: ['http', `http://${name}/`],
        env: { HTTP_PROXY: `http://${hostPort(address, port)}` },
        reaches: [{ ...toAddress('tcp', address, port), said: { name, class: 'unknown-name' } }],
      };
    },
  },
  {
    id: 'HTTPS proxy by name',
    place: pod,
    deed: (draw) => {
      const proxy = draw.host();
      const port = draw.port();
      return {
        argv: ['http', `https://${draw.host()}/`],
        env: { HTTPS_PROXY: `http://${hostPort(proxy, port)}` },
        ...named(proxy, port),
      };
    },
  },
  {
    id: 'SOCKS proxy',
    place: pod,
    deed: (draw) => {
      const [address, port] = [draw.address4(), draw.port()];
      return {
        argv: ['http', `http://${draw.host()}/`],
        env: { HTTP_PROXY: `socks5://${hostPort(address, port)}` },
        reaches: [toAddress('tcp', address, port)],
      };
    },
  },
  {
    id: 'HTTP by name with a password',
    place: pod,
    sentinel: true,
    deed: (draw) => {
      const [host, port, secret, key] = [draw.host(), draw.port(), draw.secret(), draw.secret()];
      return {
        argv: ['-linger', '8s', '-api-key', key, 'http', `http://admin:${secret}@${host}:${port}/v1`],
        secrets: [secret, key],
        ...named(host, port),
      };
    },
  },
  ...knownNames([
    ['checkpoint-api.hashicorp.com', 'version-check'],
    ['stats.grafana.org', 'telemetry'],
    ['acme-v02.api.letsencrypt.org', 'acme'],
    ['pypi.org', 'pypi'],
    ['registry.npmjs.org', 'npm'],
    ['deb.debian.org', 'os-packages'],
    ['github.com', 'git'],
    ['charts.helm.sh', 'helm-repository'],
    ['json-schema.org', 'schema-download'],
    ['accounts.google.com', 'oidc'],
    ['dns.google', 'doh'],
  ]),
  {
    id: 'known service: a time server',
    place: pod,
    deed: (draw) => {
      const host = `${draw.word()}.pool.ntp.org`;
      return {
        argv: ['dial', 'udp', `${host}:123`],
        reaches: [toName(host, 'ntp')],
        follows: [{ ...toName(host, 'ntp'), protocol: 'udp', port: 123 }],
      };
    },
  },
];

function named(host: string, port: number, className = 'unknown-name'): Pick<Deed, 'reaches' | 'follows'> {
  return {
    reaches: [toName(host, className)],
    follows: [{ protocol: 'tcp', address: null, name: host, port, class: className }],
  };
}

function knownNames(names: readonly (readonly [host: string, className: string])[]): LeakCase[] {
  return names.map(([host, className]) => ({
    id: `known service: ${host}`,
    place: pod,
    deed: () => ({ argv: ['dial', 'tcp', `${host}:443`], ...named(host, 443, className) }),
  }));
}
