// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { HarnessError } from '../../../harness/core/errors.ts';
import { type Capability, offersOf, type ProviderOffer } from '../../../harness/providers/capabilities.ts';
import { chooseProvider, noProvider, requireProvider } from '../../../harness/providers/choose-provider.ts';
import type { ProviderId } from '../../../harness/providers/provider.ts';

const NOTHING = { ownKernel: false, ownClock: false, ownDisk: false };
const OWN_KERNEL = { ...NOTHING, ownKernel: true };
const OWN_CLOCK = { ...NOTHING, ownClock: true };
const OWN_DISK = { ...NOTHING, ownDisk: true };

function lacks(id: string, ...neededBy: ProviderId[]): Capability {
  return { id, ok: false, neededBy, reason: `no ${id} here`, remedy: `run: mend ${id}` };
}

function failure(work: () => unknown): HarnessError {
  try {
    work();
  } catch (error) {
    if (error instanceof HarnessError) return error;
  }
  throw new Error('it did not fail');
}

describe('choosing a provider', () => {
  it('takes the first in order where the machine has everything', () => {
    expect(chooseProvider(NOTHING, offersOf([]))).to.deep.equal({
      id: 'netns',
      why: 'the quickest kind of node, and this machine has all it needs',
    });
  });

  it('takes the next one where something is missing, and says what', () => {
    const offers = offersOf([lacks('tracefs', 'netns'), lacks('inotify')]);
    expect(chooseProvider(NOTHING, offers)).to.deep.equal({
      id: 'container',
      why: 'the quickest kind of node that will do; netns will not do: tracefs: no tracefs here',
    });
    const worse = offersOf([lacks('tracefs', 'netns'), lacks('docker', 'container')]);
    expect(chooseProvider(NOTHING, worse)?.id).to.equal('vm');
  });

  it('takes the vm alone for a bundle that needs a kernel of its own', () => {
    const choice = chooseProvider(OWN_KERNEL, offersOf([]));
    expect(choice?.id).to.equal('vm');
    expect(choice?.why).to.include('netns will not do: the bundle requires a kernel of its own');
    expect(chooseProvider(OWN_KERNEL, offersOf([lacks('qemu', 'vm')]))).to.equal(null);
  });

  it('takes the vm alone for a node whose clock is set', () => {
    expect(chooseProvider(OWN_CLOCK, offersOf([]))?.why).to.include(
      'netns will not do: the node’s clock is to be set (--clock-ahead), and its nodes share this machine’s',
    );
  });

  it('takes the vm alone for a node whose disk has a size', () => {
    expect(chooseProvider(OWN_DISK, offersOf([]))?.why).to.include(
      'netns will not do: the size of the node’s disk is given (--disk), and its nodes share this machine’s',
    );
  });

  it('chooses none where each lacks something, and names what mends the nearest', () => {
    const offers = offersOf([
      lacks('root', 'netns', 'container', 'vm'),
      lacks('docker', 'container'),
      lacks('qemu', 'vm'),
    ]);
    expect(chooseProvider(NOTHING, offers)).to.equal(null);
    const error = noProvider(NOTHING, offers);
    expect([error.code, error.hint]).to.deep.equal([
      'setup',
      'run: mend root; all reasons: npm run airgap -- doctor',
    ]);
    expect(error.message).to.include('netns: root: no root here; container: root: no root here, docker');
    // What would mend a provider that cannot do it anyway is no help.
    expect(noProvider(OWN_KERNEL, offers).hint).to.include('mend qemu');
  });

  it('takes one that was asked for by name, or says why not', () => {
    const offer = (id: ProviderId, ...missing: Capability[]): ProviderOffer => ({
      id,
      missing,
      blind: [],
    });
    expect(requireProvider(NOTHING, offer('container'))).to.deep.equal({
      id: 'container',
      why: 'asked for by --provider',
    });
    const missing = failure(() => requireProvider(NOTHING, offer('container', lacks('docker', 'container'))));
    expect([missing.code, missing.message]).to.deep.equal([
      'setup',
      'provider container cannot make nodes on this machine: docker: no docker here',
    ]);
    const unfit = failure(() => requireProvider(OWN_KERNEL, offer('netns')));
    expect([unfit.code, unfit.hint]).to.deep.equal(['usage', 'use --provider vm']);
  });

  it('takes one that sees less, and says so; not where what it lacks is required', () => {
    const tracing: Capability = {
      ...lacks('tracing'),
      blinds: { providers: ['netns', 'container'], observers: ['routes'] },
    };
    const offers = offersOf([tracing]);
    expect(chooseProvider(NOTHING, offers)).to.deep.equal({
      id: 'netns',
      why: 'the quickest kind of node, and this machine has all it needs; it sees less here: without routes',
      missing: [{ observer: 'routes', reason: 'tracing: no tracing here' }],
    });
    const needs = { ...NOTHING, observers: ['routes'] as const };
    expect(chooseProvider(needs, offers)).to.deep.include({ id: 'vm' });
    const [netns] = offers;
    const refused = failure(() => netns !== undefined && requireProvider(needs, netns));
    expect([refused.code, refused.message, refused.hint]).to.deep.equal([
      'setup',
      'provider netns cannot watch nodes as --require asks on this machine: tracing: no tracing here',
      'run: mend tracing; all reasons: npm run airgap -- doctor',
    ]);
    expect(
      failure(() => {
        throw noProvider(needs, offersOf([tracing, lacks('qemu', 'vm')]));
      }).message,
    ).to.include('netns: tracing: no tracing here');
  });
});
