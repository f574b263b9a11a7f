// SPDX-License-Identifier: Apache-2.0
import { chmod, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { basename } from 'node:path';
import type { Duplex } from 'node:stream';
import { Client } from 'ssh2';
import { HarnessError, reasonOf } from '../../core/errors.ts';
import type { ManagementKeys } from './keys.ts';

/** Milliseconds; an emulated guest on a busy machine takes up to a minute from switching on to its first answer. */
const LOGIN_LIMIT = 180_000;

/**
 * A question each second, and its answer: virtio-serial loses a wake-up now and then, and what was sent lies in the guest, seen by
 * nobody, until the next byte comes. Seen after saved machines were restored: an idle guest and an order without an answer, for
 * minutes, and all of it at once when another connection was opened. A guest that says nothing for five minutes is lost.
 */
const NUDGE = { keepaliveInterval: 1_000, keepaliveCountMax: 300 } as const;

/** Where the guest's sockets are. */
export const GUEST_FOLDER = '/run/airgap';

export interface ManagementOptions {
  /** Unix socket that is the host's end of the guest's serial port. */
  readonly port: string;
  readonly keys: ManagementKeys;
  /** For messages. */
  readonly node: string;
  /** Milliseconds until a guest must have answered. @default three minutes */
  readonly limitMs?: number | undefined;
}

/**
 * SSH to a machine over its serial port. Unix sockets of the guest are reached through sockets of this machine, which stay
 * while the machine is switched off and on again.
 */
export class Management implements AsyncDisposable {
  readonly #options: ManagementOptions;
  readonly #servers: Server[] = [];
  #client: Client | null = null;

  constructor(options: ManagementOptions) {
    this.#options = options;
  }

  /** Logs in; the guest may still be starting. Throws HarnessError (harness) when it does not answer in time. */
  async login(signal: AbortSignal): Promise<void> {
    const { port, keys, node, limitMs = LOGIN_LIMIT } = this.#options;
    this.#client?.destroy();
    const client = new Client();
    const socket = connect(port);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop = (): void => reject(new Error('the machine has ended'));
    signal.addEventListener('abort', stop, { once: true });
    client
      .once('ready', resolve)
      .on('error', reject)
      .once('close', () => reject(new Error('it hung up')));
    socket.on('error', reject);
    client.connect({
      sock: socket,
      username: 'airgap-manage', // infra/vm/definition.ts says why not root
      privateKey: keys.clientPrivate,
      hostVerifier: (key: Buffer) => keys.hostPublic.split(' ')[1] === key.toString('base64'),
      readyTimeout: limitMs,
      ...NUDGE,
      // What is cheapest without the processor's help.
      algorithms: { cipher: ['chacha20-poly1305@openssh.com'] },
    });
    try {
      if (signal.aborted) stop();
      await promise;
      this.#client = client;
    } catch (error) {
      client.destroy();
      socket.destroy();
      throw new HarnessError(`node "${node}" cannot be managed over its serial port: ${reasonOf(error)}`, {
        code: 'harness',
        hint: 'one login at a time: end another airgap shell; else run: npm run airgap -- doctor; or use --provider netns',
        cause: error,
      });
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Ends the login; sockets of this machine then refuse until the next one. */
  async logout(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    if (client === null) return;
    const closed = once(client, 'close');
    client.end();
    await closed;
  }

  /** Makes a unix socket of this machine (mode 0600) that leads to one of the guest. */
  async forward(local: string, guest: string): Promise<void> {
    await rm(local, { force: true });
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#join(socket, guest));
    server.listen(local);
    await once(server, 'listening');
    await chmod(local, 0o600);
    this.#servers.push(server.unref());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.splice(0)) server.close();
    this.#client?.destroy();
    this.#client = null;
    await Promise.resolve();
  }

  #join(socket: Socket, guest: string): void {
    socket.on('error', () => {}); // `close` follows
    const client = this.#client;
    if (client === null) {
      socket.destroy();
      return;
    }
    client.openssh_forwardOutStreamLocal(guest, (error, channel) => {
      if (error === undefined) pipeBoth(socket, channel);
      else socket.destroy(new Error(`${basename(guest)}: ${error.message}`));
    });
  }
}

/** Joins two streams, each direction until its own end; when one breaks the other does. */
function pipeBoth(socket: Socket, channel: Duplex): void {
  channel.on('error', () => {});
  socket.pipe(channel);
  channel.pipe(socket);
  socket.once('close', () => channel.destroy());
  channel.once('close', () => socket.destroy());
}
