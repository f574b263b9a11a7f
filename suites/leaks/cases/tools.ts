// SPDX-License-Identifier: Apache-2.0
import { toAddress, toName } from '../reach.ts';
import type { Draw } from '../draw.ts';
import type { Reach } from '../types.ts';

/** A real program of the image `leak-tools`, started by a shell, with the names it is given. */
export interface ToolCase {
  readonly id: string;
  /** It shares its pod with no other. */
  readonly alone?: boolean;
  readonly run: (draw: Draw) => {
    /** For `sh -c`. */
    readonly script: string;
    readonly reaches: readonly Reach[];
    /** What it may also ask for. */
    readonly follows?: readonly Reach[];
    /** Pattern of the executable that asks. */
    readonly exe: string;
    readonly secrets?: readonly string[];
  };
}

export const toolCases: readonly ToolCase[] = [
  {
    id: 'apt update',
    run: (draw) => {
      const host = draw.host();
      const list = `deb [trusted=yes] http://${host}/debian bookworm main`;
      return {
        script: `echo '${list}' >/etc/apt/sources.list; apt-get -o Acquire::Retries=0 update`,
        exe: '^/usr/lib/apt/methods/http$',
        reaches: [toName(`_http._tcp.${host}`, 'os-packages'), toName(host, 'os-packages')],
        follows: [{ ...toName(host, 'os-packages'), protocol: 'tcp', port: 80 }],
      };
    },
  },
  {
    id: 'pip install',
    run: (draw) => {
      const [host, token] = [draw.host(), draw.secret()];
      return {
        script: `pip3 --retries 0 --timeout 3 download --no-cache-dir -d /tmp --index-url https://reader:${token}@${host}/simple thing`,
        exe: '^/usr/bin/(?:pip3|python3[.0-9]*)$',
        secrets: [token],
        ...web(host, 443, 'pypi'),
      };
    },
  },
  {
    id: 'npm install',
    run: (draw) => {
      const host = draw.host();
      return {
        script: `cd /tmp && npm install --fetch-retries 0 --fetch-timeout 3000 --no-update-notifier --no-audit --registry https://${host}/ thing`,
        exe: '^/usr/(?:bin/node|bin/npm|lib/node_modules/npm/bin/npm-cli.js)$',
        ...web(host, 443, 'npm'),
      };
    },
  },
  {
    id: 'git clone',
    run: (draw) => {
      const [host, token] = [draw.host(), draw.secret()];
      return {
        script: `git clone https://oauth2:${token}@${host}/team/app.git /tmp/app`,
        exe: '/git-remote-https?$',
        secrets: [token],
        ...web(host, 443, 'git'),
      };
    },
  },
  {
    id: 'curl',
    run: (draw) => {
      const [host, token] = [draw.host(), draw.secret()];
      return {
        script: `curl -m 4 -H 'Authorization: Bearer ${token}' https://${host}/v1/licence`,
        exe: '^/usr/bin/curl$',
        secrets: [token],
        ...web(host, 443, 'unknown-name'),
      };
    },
  },
  {
    id: 'wget',
    run: (draw) => {
      const host = draw.host();
      return {
        script: `wget -T 4 -t 1 -O /tmp/x http://${host}/file`,
        exe: '^/usr/bin/wget$',
        ...web(host, 80, 'unknown-name'),
      };
    },
  },
  {
    id: 'chrony',
    run: (draw) => {
      const host = draw.host();
      return {
        script: `chronyd -d -x -u root 'server ${host} iburst' & sleep 12; kill $!`,
        exe: '^/usr/sbin/chronyd$',
        reaches: [toName(host, 'ntp')],
        follows: [{ ...toName(host, 'ntp'), protocol: 'udp', port: 123 }],
      };
    },
  },
  {
    id: 'Caddy with a public name',
    run: (draw) => {
      const site = draw.host();
      const authority = 'acme-v02.api.letsencrypt.org';
      const [first, second] = [authority, 'acme.zerossl.com'];
      return {
        // by address: kubelet writes /etc/hosts anew for each container of the pod, and "localhost" is unknown for that moment
        script: `printf '{\\n admin 127.0.0.1:2019\\n}\\n%s {\\n respond ok\\n}\\n' ${site} >/tmp/Caddyfile; busybox timeout 45 caddy run --config /tmp/Caddyfile --adapter caddyfile`,
        exe: '^/usr/bin/caddy$',
        reaches: [toName(first, 'acme')],
        // its second authority, only after the first has failed
        follows: [
          toName(second, 'acme'),
          toName('api.zerossl.com', 'acme'),
          ...[first, second].map((name) => ({ ...toName(name, 'acme'), protocol: 'tcp', port: 443 })),
        ],
      };
    },
  },
  {
    id: 'Caddy with a certificate that names an OCSP server',
    run: (draw) => {
      const [site, responder] = [draw.host(), `ocsp.${draw.host()}`];
      const names = `-subj /CN=${site} -addext subjectAltName=DNS:${site} -addext authorityInfoAccess=OCSP\\;URI:http://${responder}/`;
      const key = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -keyout key.pem';
      // ports of its own: the other Caddy of the pod has the usual ones
      const config = `{\\n admin off\\n auto_https off\\n}\\nhttps://${site}:8443 {\\n tls chain.pem key.pem\\n}\\n`;
      return {
        script: [
          'busybox mkdir /tmp/ocsp && cd /tmp/ocsp',
          `openssl req -x509 ${key} ${names} -out one.pem`,
          'busybox cat one.pem one.pem >chain.pem', // itself and its issuer
          `printf '${config}' >Caddyfile`,
          'busybox timeout 20 caddy run --config Caddyfile --adapter caddyfile',
        ].join('; '),
        exe: '^/usr/bin/caddy$',
        ...web(responder, 80, 'ocsp-crl'),
      };
    },
  },
  {
    id: 'helm repository',
    run: (draw) => {
      const [host, password] = [draw.host(), draw.secret()];
      return {
        script: `helm repo add --password ${password} --username reader stable https://${host}/charts`,
        exe: '^/usr/bin/helm$',
        secrets: [password],
        ...web(host, 443, 'helm-repository'),
      };
    },
  },
  {
    id: 'helm chart with a remote schema',
    run: (draw) => {
      const host = draw.host();
      const files = {
        'Chart.yaml': '{"apiVersion": "v2", "name": "c", "version": "1.0.0"}',
        'values.schema.json': `{"$ref": "https://${host}/values.json"}`,
        'templates/none.yaml': '',
      };
      const write = Object.entries(files).map(([name, text]) => `echo '${text}' >/tmp/c/${name}`);
      return {
        script: ['busybox mkdir -p /tmp/c/templates', ...write, 'helm template c /tmp/c'].join('; '),
        exe: '^/usr/bin/helm$',
        // a name that nobody knows, asked by helm: that it is a schema only its path would tell
        ...web(host, 443, 'helm-repository'),
      };
    },
  },
  {
    id: 'ansible-galaxy',
    run: (draw) => {
      const host = draw.host();
      return {
        script: `ansible-galaxy collection install -s https://${host}/api/ community.general`,
        exe: '^/usr/bin/(?:ansible-galaxy|ansible|python3[.0-9]*)$',
        ...web(host, 443, 'language-packages'),
      };
    },
  },
  {
    id: 'glibc with a DNS server outside',
    // resolv.conf is all containers'
    alone: true,
    run: (draw) => {
      const server = draw.address4();
      return {
        script: `echo 'nameserver ${server}' >/etc/resolv.conf; busybox timeout 6 getent hosts ${draw.host()}`,
        exe: '^/usr/bin/getent$',
        reaches: [toAddress('udp', server, 53, 'dns-server')],
      };
    },
  },
];

function web(
  name: string,
  port: number,
  className: string,
): { readonly reaches: readonly Reach[]; readonly follows: readonly Reach[] } {
  return {
    reaches: [toName(name, className)],
    follows: [{ ...toName(name, className), protocol: 'tcp', port }],
  };
}
