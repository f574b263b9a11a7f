// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path';
import { HarnessError, type ErrorCode } from '../core/errors.ts';
import { K3S } from '../core/k3s-paths.ts';
import type { RunningNode } from '../core/node.ts';
import type { DropIn } from './drop-ins.ts';

const SCRIPT = '/usr/local/share/airgap/install.sh';
/** Name of the unit that K3s's install script makes for a server. */
const UNIT = 'k3s.service';

/** What the harness adds to the unit: where K3s's log goes, which the script leaves to the journal. */
export const UNIT_DROP_IN: DropIn = {
  path: `/etc/systemd/system/${UNIT}.d/90-airgap.conf`,
  content: `[Service]\nStandardOutput=append:${K3S.log}\nStandardError=append:${K3S.log}\n`,
};

// The unit's process is there a moment after it was started; a type of notify ends the start only when K3s is up.
const START = `systemctl start --no-block ${UNIT}
for i in $(seq "$1"); do
  pid=$(systemctl show -p MainPID --value ${UNIT})
  [ "$pid" = 0 ] || { echo "$pid"; exit 0; }
  sleep 1
done
systemctl status --no-pager ${UNIT} >&2
exit 1`;
const START_SECONDS = 10;

/** True where systemd is PID 1 (sd_booted(3)): K3s is installed there as its users do it, by its install script. */
export async function isRunBySystemd(node: RunningNode): Promise<boolean> {
  return (await node.exec(['test', '-d', '/run/systemd/system'])).exitCode === 0;
}

/**
 * Installs K3s by its install script, which brings nothing (the executable is in its place), and starts the unit that it
 * makes, with UNIT_DROP_IN. Returns the server's pid.
 *
 * @param installer path of the script on this machine
 * @throws HarnessError (`blame`) with what the script or systemd said
 */
export async function installK3s(
  node: RunningNode,
  { binary, installer, blame }: { binary: string; installer: string; blame: ErrorCode },
): Promise<number> {
  const succeed = runner(node, blame);
  await node.upload(installer, SCRIPT);
  await node.writeFile(UNIT_DROP_IN.path, UNIT_DROP_IN.content);
  await succeed(['sh', SCRIPT, 'server'], {
    INSTALL_K3S_SKIP_DOWNLOAD: 'true',
    INSTALL_K3S_SKIP_SELINUX_RPM: 'true', // it would go out for it on RPM systems
    INSTALL_K3S_SKIP_START: 'true',
    INSTALL_K3S_BIN_DIR: dirname(binary),
  });
  return Number(await succeed(['sh', '-c', START, 'sh', String(START_SECONDS * node.pace)]));
}

/** The pid of the server that systemd runs; 0 for none. */
export async function unitPid(node: RunningNode): Promise<number> {
  const { stdout } = await node.exec(['systemctl', 'show', '-p', 'MainPID', '--value', UNIT]);
  return Number(stdout);
}

type Succeed = (argv: readonly string[], env?: Readonly<Record<string, string>>) => Promise<string>;

function runner(node: RunningNode, code: ErrorCode): Succeed {
  return async (argv, env = {}) => {
    const { exitCode, stdout, stderr } = await node.exec(argv, { env, timeoutMs: 60_000 * node.pace });
    if (exitCode === 0) return stdout;
    const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-5).join(' / ');
    throw new HarnessError(`K3s's install script did not install it in node "${node.name}": ${said}`, {
      code,
    });
  };
}
