// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { HarnessError } from '../../core/errors.ts';
import type { ServiceProgram } from './running-service.ts';

const SCRIPT = fileURLToPath(new URL('chrony.sh', import.meta.url));
const REFERENCE = fileURLToPath(new URL('ntp-reference-program.ts', import.meta.url));
const ASK = fileURLToPath(new URL('ntp-ask-program.ts', import.meta.url));

/**
 * The site's time server: chrony of Debian, wrong by as many seconds as the gate asks for. Throws HarnessError (setup) when setup
 * has not said where it is.
 *
 * @param layers folders of a root file system that has chrony, lowest last
 * @param folder a folder of its own
 */
export function ntpProgram(
  place: Pick<ServiceProgram, 'service' | 'netns' | 'logFile'>,
  layers: readonly string[] | undefined,
  folder: string,
  skewSeconds: number,
): ServiceProgram {
  if (layers === undefined) {
    throw new HarnessError('the gate declares a time server, and setup has not made its parts', {
      code: 'setup',
      hint: 'run: npm run setup',
    });
  }
  const { address } = place.service;
  return {
    ...place,
    argv: [
      // The end of the first process is the end of all: of what was mounted, too.
      'unshare',
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      '--',
      'sh',
      SCRIPT,
      layers.join(':'),
      folder,
      address,
      process.execPath,
      REFERENCE,
      String(skewSeconds),
    ],
    endWith: 'SIGKILL', // unshare does not heed SIGTERM while it waits
    ready: [process.execPath, ASK, address],
  };
}
