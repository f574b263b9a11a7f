// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../core/errors.ts';
import { type AgentClient, agentClient } from './agent-client.ts';
import { attachTerminal, type Terminal } from './agent-terminal.ts';
import type { SessionRecord } from './session-record.ts';

/** A node of a session that another process opened. */
export interface AttachedNode extends AgentClient {
  readonly name: string;
  /** Leads to its API server. */
  readonly apiSocket: string;
  /** Runs a program on the caller's terminal; see attachTerminal. */
  terminal(argv: readonly string[], terminal: Terminal): Promise<number>;
}

/**
 * Reaches a node of a living session (sweep.ts, livingSessions) by its record.
 *
 * @param name @default the session's first node
 * @throws HarnessError (usage) when the session has no such node
 */
export function attachNode(record: SessionRecord, name?: string): AttachedNode {
  const node = name === undefined ? record.nodes[0] : record.nodes.find((known) => known.name === name);
  if (node === undefined) {
    const known = record.nodes.map((each) => each.name).join(', ') || 'none';
    throw new HarnessError(`session ${record.id} has no node "${name ?? ''}"; its nodes: ${known}`, {
      code: 'usage',
    });
  }
  const target = { socket: node.execSocket, node: node.name };
  return {
    ...agentClient(target),
    name: node.name,
    apiSocket: node.apiSocket,
    terminal: async (argv, terminal) => await attachTerminal(target, argv, terminal),
  };
}
