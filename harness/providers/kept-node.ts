// SPDX-License-Identifier: Apache-2.0
import type { AgentTarget } from './agent-client.ts';
import type { NodeRecord } from './session-record.ts';
import { reachMachine } from './vm/kept-machine.ts';

/** Leads into a node whose harness has ended, until disposed. Throws HarnessError (harness) when it does not answer. */
export async function reachKept({ execSocket, name }: NodeRecord): Promise<AgentTarget & AsyncDisposable> {
  const machine = await reachMachine(execSocket, name);
  return {
    socket: execSocket,
    node: name,
    [Symbol.asyncDispose]: async () => await machine?.[Symbol.asyncDispose](),
  };
}
