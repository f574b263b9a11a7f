// SPDX-License-Identifier: Apache-2.0
import { programOf } from './tasks.ts';

const HIDDEN = '***';

const SECRET_NAME =
  /passw(?:or)?d|passphrase|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|(?:^|[-_.])(?:pass|pwd|auth)$/i;
/** `--token-file`, `PASSWORD_TTL`: about a secret, but none. */
const ABOUT_SECRET =
  /[-_](?:file|path|dir|ttl|name|length|type|url|uri|mode|ref|id|expiry|duration|timeout)$/i;

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !ABOUT_SECRET.test(name);
}

const VALUE = String.raw`(?:"[^"]*"|'[^']*'|[^\s'"&#]+)`;

/** `--name=value`, `NAME=value`, `?name=value&`; then `--name value` inside a shell's command text. */
const ASSIGNED = new RegExp(String.raw`(^|[\s'";?&])(-{0,2}([\w.-]+)=)(${VALUE})`, 'g');
const OPTION = new RegExp(String.raw`(^|\s)(--?([\w.-]+)\s+)(?!-)(${VALUE})`, 'g');
const QUERY_SECRETS =
  /^(?:sig|signature|x-amz-signature|x-amz-security-token|x-amz-credential|x-goog-signature|code|key|k|sid|session|jwt|licen[cs]e|licen[cs]e[-_]?key)$/i;

/** Secrets by their shape. Each rule keeps what names the secret and hides the secret itself. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  // user:password@host of a URL
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@'"]*:)[^\s/@'"]+@/gi, `$1${HIDDEN}@`],
  // incoming webhooks (Slack, Discord, Teams) and Telegram's bots carry theirs in the path
  [/(\/services\/[TB]\w{6,}\/B\w{6,}\/)\w{16,}/g, `$1${HIDDEN}`],
  [/(\/api\/webhooks\/\d{6,}\/)[\w-]{16,}/g, `$1${HIDDEN}`],
  [/(\/bot\d{6,}:)[\w-]{20,}/g, `$1${HIDDEN}`],
  [/(\/webhookb2\/)[^\s'"?#]+/g, `$1${HIDDEN}`],
  // Authorization: Bearer x, X-Api-Key: x, Cookie: x, also behind curl's -H without a blank
  [
    /((?:\b|-H)(?:(?:proxy-)?authorization|cookie|x-[\w-]*(?:key|token|auth|secret)[\w-]*)\s*:\s*)[^'"\r\n]+/gi,
    `$1${HIDDEN}`,
  ],
  // curl -u user:password inside a shell's command text
  [/((?:^|\s)(?:-u|--user|-U|--proxy-user)[\s=]+['"]?[^\s:'"/]+:)[^\s'"]+/g, `$1${HIDDEN}`],
  // AWS access keys, GitHub and GitLab tokens, JWTs, PEM keys
  [/\b(AKIA|ASIA)[0-9A-Z]{16}\b/g, `$1${HIDDEN}`],
  [/\b(gh[pousr]_|github_pat_|glpat-)\w{16,}/g, `$1${HIDDEN}`],
  [
    /\b(xox[abeoprs]-|npm_|hf_|sk-ant-|sk-proj-|sk_live_|rk_live_|AIza|dop_v1_|hvs\.)[\w-]{16,}/g,
    `$1${HIDDEN}`,
  ],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, HIDDEN],
  [/(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, `$1${HIDDEN}`],
  // token@host of a URL, where it is of no known shape: a user's name is shorter
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/:@'"]{16,}@/gi, `$1${HIDDEN}@`],
];

/** Options whose value is `user:password`. */
const USER_OPTION = /^(?:-u|--user|-U|--proxy-user)$/;
/** Programs for which a short option carries a password, alone or with the value attached. */
const PASSWORD_LETTER: Readonly<Record<string, string>> = {
  mysql: '-p',
  mysqldump: '-p',
  mysqladmin: '-p',
  mariadb: '-p',
  mongo: '-p',
  mongosh: '-p',
  mongodump: '-p',
  sshpass: '-p',
  docker: '-p',
  helm: '-p',
  skopeo: '-p',
  crane: '-p',
  oras: '-p',
  'redis-cli': '-a',
  ldapsearch: '-w',
};

/** Hides secrets inside one text, e.g. a shell's command line. */
export function maskText(text: string): string {
  let masked = text;
  for (const [expression, replacement] of SHAPES) masked = masked.replace(expression, replacement);
  return masked
    .replace(ASSIGNED, (all: string, before: string, head: string, name: string) =>
      isSecretName(name) || (/[?&]/.test(before) && QUERY_SECRETS.test(name))
        ? `${before}${head}${HIDDEN}`
        : all,
    )
    .replace(OPTION, (all: string, before: string, head: string, name: string) =>
      isSecretName(name) ? `${before}${head}${HIDDEN}` : all,
    );
}

/**
 * Hides secrets of a command line: a report is passed on to vendors. `exe` decides what a short option means, so that
 * a port (`-p 8080`) stays readable.
 */
export function maskArgv(argv: readonly string[], exe: string): string[] {
  const letter = PASSWORD_LETTER[programOf(exe)];
  const masked: string[] = [];
  let previous = '';
  for (const argument of argv) {
    masked.push(maskArgument(argument, previous, letter));
    previous = argument;
  }
  return masked;
}

function maskArgument(argument: string, previous: string, letter: string | undefined): string {
  const isValue = !argument.startsWith('-') && argument !== '';
  const isOption = /^--?[\w.-]+$/.test(previous);
  if (isValue && isOption && isSecretName(previous.replace(/^-+/, ''))) return HIDDEN;
  if (isValue && letter !== undefined && previous === letter) return HIDDEN;
  if (isValue && USER_OPTION.test(previous) && argument.includes(':') && !argument.includes('/'))
    return `${argument.slice(0, argument.indexOf(':') + 1)}${HIDDEN}`;
  if (letter !== undefined && argument.startsWith(letter) && argument.length > letter.length)
    return `${letter}${HIDDEN}`;
  return maskText(argument);
}
