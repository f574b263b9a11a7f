// SPDX-License-Identifier: Apache-2.0
import { Agent, type RequestOptions } from 'node:https';
import { type ConnectionOptions, connect, TLSSocket } from 'node:tls';
import {
  type ApiConstructor,
  type ApiType,
  type Cluster,
  createConfiguration,
  KubeConfig,
  type RequestContext,
  ServerConfiguration,
} from '@kubernetes/client-node';
import { buildConnector, interceptors } from 'undici';
import { hostKernelClock, type KernelClock, wallClock } from '../core/clock.ts';
import { HarnessError } from '../core/errors.ts';
import { judgeCertificate } from './judge-certificate.ts';

type MakeDispatcher = KubeConfig['createDispatcherOptions'];
type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

/** A name that the API server's certificate carries wherever the node stands. */
const SERVER_NAME = 'kubernetes';

/** An API call that has no connection or no answer by then never gets one: the API server is on the same machine. */
const ANSWER_MS = 30_000;

/**
 * Answers of an API server that is up but has no time, or whose store has none: 429 and 503 say so, 504 comes with "the
 * server was unable to return a response in the time allotted". 500 is left out: it is an answer.
 */
const BUSY = [429, 502, 503, 504];
/** Times an idempotent request is asked again, the first time after `AGAIN_MS`, then after twice as long each time. */
const TIMES_AGAIN = 4;
const AGAIN_MS = 250;

/** From then on a clock was set on purpose: guests' clocks are measured to milliseconds. */
const OTHER_TIME_MS = 60_000;

export interface NodeTime {
  /** As in RunningNode. @default 1 */
  readonly pace?: number;
  /** Of the API server's kernel: certificates are judged by it. @default this machine's */
  readonly clock?: KernelClock;
}

/**
 * A kubeconfig whose every request goes through a unix socket: no network path leads to an air-gapped node.
 * API calls, watches and logs take one way (undici), exec and attach the other (web sockets).
 */
export class SocketKubeConfig extends KubeConfig {
  readonly #path: string;
  readonly #pace: number;
  readonly #clock: KernelClock;
  #dispatcher: Dispatcher | undefined;

  /** `text`: the kubeconfig as K3s wrote it. Throws when it is none. */
  constructor(text: string, socketPath: string, { pace = 1, clock = hostKernelClock }: NodeTime = {}) {
    super();
    this.#pace = pace;
    this.#clock = clock;
    this.#path = socketPath;
    this.loadFromString(text);
  }

  /**
   * The client makes a dispatcher, and with it a connection with its TLS handshake, for each request; here the first one
   * is kept for all. Watches and logs do not take the time limit: they have their own.
   */
  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    this.#dispatcher ??= context.getDispatcher();
    if (this.#dispatcher !== undefined) context.setDispatcher(this.#dispatcher);
    context.setSignal(context.getSignal() ?? AbortSignal.timeout(ANSWER_MS * this.#pace));
  }

  /**
   * A client whose reads, replacements and deletions are asked again while the API server says that it is busy. A creation
   * is not: it may have been done. Watches do not come this way.
   */
  override makeApiClient<T extends ApiType>(apiClientType: ApiConstructor<T>): T {
    const cluster = this.getCurrentCluster();
    if (cluster === null) throw new HarnessError('the kubeconfig names no cluster', { code: 'harness' });
    const again = interceptors.retry({
      statusCodes: BUSY,
      maxRetries: TIMES_AGAIN,
      minTimeout: AGAIN_MS * this.#pace,
      throwOnError: false,
    });
    const config = createConfiguration({
      baseServer: new ServerConfiguration(cluster.server, {}),
      authMethods: { default: this },
      promiseMiddleware: [
        {
          pre: async (context) => {
            const dispatcher = context.getDispatcher();
            if (dispatcher !== undefined) context.setDispatcher(dispatcher.compose(again));
            return await Promise.resolve(context);
          },
          post: async (context) => await Promise.resolve(context),
        },
      ],
    });
    return new apiClientType(config);
  }

  override createDispatcherOptions(
    cluster: Cluster | null,
    options: Parameters<MakeDispatcher>[1],
  ): ReturnType<MakeDispatcher> {
    const made = super.createDispatcherOptions(cluster, options);
    const connectOptions = 'connect' in made && typeof made.connect === 'object' ? made.connect : {};
    // undici's type lacks socketPath, its connector takes it
    const timeout = ANSWER_MS * this.#pace; // else 10 s, in which an emulated node does not always shake hands
    const viaSocket = { socketPath: this.#path, servername: SERVER_NAME, timeout };
    if (!this.#isOtherTime()) return { type: 'agent', connect: { ...connectOptions, ...viaSocket } };
    const { ca, cert, key } = options;
    const connectAnyway = buildConnector({ ca, cert, key, ...viaSocket, rejectUnauthorized: false });
    const judged: buildConnector.connector = (asked, done) =>
      connectAnyway(asked, (...[error, socket]) => {
        const reason = socket instanceof TLSSocket ? this.#judge(socket, ca) : null;
        if (error !== null) done(error, null);
        else if (reason === null) done(null, socket);
        else {
          socket.destroy();
          done(new Error(reason), null);
        }
      });
    // the agent takes a connector as well as its options
    return { type: 'agent', connect: judged as object };
  }

  override async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
    await super.applyToHTTPSOptions(options);
    const { ca, cert, key } = options;
    const tls = { ca, cert, key, path: this.#path, servername: SERVER_NAME } as ConnectionOptions;
    const agent = new Agent();
    agent.createConnection = () => {
      if (!this.#isOtherTime()) return connect(tls);
      const socket = connect({ ...tls, rejectUnauthorized: false });
      return socket.once('secureConnect', () => {
        const reason = this.#judge(socket, ca);
        if (reason !== null) socket.destroy(new Error(reason));
      });
    };
    options.agent = agent;
  }

  #isOtherTime(): boolean {
    return Math.abs(wallClock(this.#clock) - Date.now()) > OTHER_TIME_MS;
  }

  #judge(socket: TLSSocket, ca: RequestOptions['ca']): string | null {
    return judgeCertificate(socket, {
      authority: String(ca),
      name: SERVER_NAME,
      now: wallClock(this.#clock),
    });
  }
}
