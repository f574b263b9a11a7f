// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import type { Stub } from '../../core/gate-services.ts';
import type { PlannedService } from '../../core/site.ts';
import type { ServerCertificate } from './authority.ts';
import type { HttpProgramConfig } from './http-program.ts';
import type { ServiceProgram } from './running-service.ts';

type Place = Pick<ServiceProgram, 'service' | 'netns' | 'logFile'>;

const HTTP = fileURLToPath(new URL('http-program.ts', import.meta.url));
const TCP = fileURLToPath(new URL('tcp-program.ts', import.meta.url));

/** Serves a folder of the site's owner. */
export function folderProgram(place: Place, folder: string, tls: ServerCertificate | null): ServiceProgram {
  return httpProgram(place, { tls, folder, answers: [] });
}

/**
 * What stands at a declared destination.
 *
 * @param authority path of the authority's certificate, told to a program of the owner's as AIRGAP_SITE_CA
 */
export function stubProgram(
  place: Place,
  stub: Stub,
  tls: ServerCertificate | null,
  authority: string | null,
): ServiceProgram {
  const { address, ports } = place.service;
  switch (stub.kind) {
    case 'tcp':
      return { ...place, argv: [process.execPath, TCP, address, ...ports.map(String)] };
    case 'http': {
      const answers = stub.answers.map((answer) => ({ ...answer, headers: { ...answer.headers } }));
      return httpProgram(place, { tls, folder: null, answers });
    }
    case 'program':
      return {
        ...place,
        argv: stub.run,
        cwd: stub.folder,
        env: {
          AIRGAP_SITE_ADDRESS: address,
          AIRGAP_SITE_PORTS: ports.join(' '),
          ...(authority === null ? {} : { AIRGAP_SITE_CA: authority }),
        },
      };
  }
}

function httpProgram(place: Place, config: Omit<HttpProgramConfig, 'address' | 'ports'>): ServiceProgram {
  const { address, ports }: PlannedService = place.service;
  const whole: HttpProgramConfig = { ...config, address, ports: [...ports] };
  return { ...place, argv: [process.execPath, HTTP, JSON.stringify(whole)] };
}
