// SPDX-License-Identifier: Apache-2.0
import { readAssets } from '../../core/assets.ts';
import { cacheRoot } from '../../core/cache-root.ts';
import { HarnessError } from '../../core/errors.ts';
import { EXIT, type ExitCode } from '../../core/exit-codes.ts';
import { type Capability, offersOf, probeCapabilities } from '../../providers/capabilities.ts';
import { missingObservers } from '../../providers/choose-provider.ts';
import { PROVIDERS } from '../../providers/provider.ts';
import { contractState } from '../../site/contract-record.ts';
import { doctorTable } from '../doctor-table.ts';
import { REPO_ROOT } from '../repo.ts';
import { terminalScreen } from '../screen.ts';

/** `airgap doctor`: each thing really tried. Exit code 3 when no provider can make a node here. */
export async function doctorCommand(options: { readonly json?: true }): Promise<ExitCode> {
  const capabilities = [...(await probeCapabilities()), await probeAssets()];
  const offers = offersOf(capabilities);
  if (options.json === true) {
    const providers = offers.map((offer) => ({
      id: offer.id,
      ok: offer.missing.length === 0,
      missing: offer.missing.map((capability) => capability.id),
      without: missingObservers(offer),
    }));
    process.stdout.write(`${JSON.stringify({ providers, capabilities }, null, 2)}\n`);
  } else {
    const screen = terminalScreen(false);
    for (const line of doctorTable(capabilities, offers, (style, text) => screen.paint(style, text)))
      screen.line(line);
  }
  return offers.some(({ missing }) => missing.length === 0) ? EXIT.ready : EXIT.inconclusive;
}

async function probeAssets(): Promise<Capability> {
  const shared = { id: 'setup', neededBy: PROVIDERS };
  try {
    const { k3s } = await readAssets(REPO_ROOT);
    const { contract, contractNote } = await contractState(k3s.binary, cacheRoot(process.env));
    return {
      ...shared,
      ok: true,
      reason: `${k3s.version}${k3s.standIn ? ' (stand-in)' : ''}; contract suite ${contract}: ${contractNote}`,
      remedy: null,
    };
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    return { ...shared, ok: false, reason: error.message, remedy: error.hint ?? null };
  }
}
