// SPDX-License-Identifier: Apache-2.0
import { parseConfig } from '../core/config-file.ts';
import { EMPTY_GATE, type Gate, type GateClass, type InternalDestination } from '../core/gate.ts';
import { readTextFile } from '../core/text-file.ts';
import { ServiceFiles } from './read-services.ts';
import { type GateDocument, gateSchema } from './schema.ts';

const MAX_BYTES = 2 ** 20;

/**
 * Reads gate.yaml; null is the gate of a site that offers and accepts nothing.
 *
 * @throws HarnessError (config) that lists every problem as file:line:column
 */
export async function readGate(path: string | null): Promise<Gate> {
  if (path === null) return EMPTY_GATE;
  const text = await readTextFile(path, {
    code: 'config',
    maxBytes: MAX_BYTES,
    hint: 'a gate is a YAML file, by default <bundle>.gate.yaml beside the bundle: give its path, or run without one',
  });
  const config = parseConfig(path, text, gateSchema, 'config');
  const { value } = config;
  const profiles = value.profiles ?? (value.profile === undefined ? [] : [value.profile]);
  const files = new ServiceFiles(path, config);
  const declared = value.site.services;
  const services = declared === undefined ? undefined : await files.services(declared, ['site', 'services']);
  const internal: InternalDestination[] = [];
  for (const [index, { serve, description, ...one }] of value.site.internal.entries()) {
    const stub =
      serve === undefined ? undefined : await files.stub(serve, ['site', 'internal', index, 'serve']);
    internal.push({
      ...one,
      description: description ?? null,
      ...(stub === undefined ? {} : { serve: stub }),
    });
  }
  files.throwIfAny();
  return {
    file: path,
    profile: profiles[0] ?? 'no-route',
    ...(profiles.length > 1 ? { profiles } : {}),
    requiredChecks: value.checks.required,
    ...(value.reboot ? { reboot: true } : {}),
    internal,
    ...(services === undefined ? {} : { services }),
    ...(value.classes.length === 0 ? {} : { classes: value.classes.map(classOf) }),
    exceptions: value.exceptions.map(({ scope, ...rest }) => ({
      ...rest,
      scope: {
        ...(scope.destination === undefined ? {} : { destination: scope.destination }),
        ...(scope.image === undefined ? {} : { image: scope.image }),
        ...(scope.owner === undefined ? {} : { owner: scope.owner }),
        ...(scope.class === undefined ? {} : { class: scope.class }),
        ...(scope.phase === undefined ? {} : { phase: scope.phase }),
        ...(scope.finding === undefined ? {} : { finding: scope.finding }),
        ...(scope.location === undefined ? {} : { location: scope.location }),
      },
    })),
  };
}

function classOf({ match, class: name, what, remedy }: GateDocument['classes'][number]): GateClass {
  const { destination, port, protocol, program, image, owner, path } = match;
  return {
    match: {
      ...(destination === undefined ? {} : { destination }),
      ...(port === undefined ? {} : { port }),
      ...(protocol === undefined ? {} : { protocol }),
      ...(program === undefined ? {} : { program }),
      ...(image === undefined ? {} : { image }),
      ...(owner === undefined ? {} : { owner }),
      ...(path === undefined ? {} : { path }),
    },
    class: name,
    ...(what === undefined ? {} : { what }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}
