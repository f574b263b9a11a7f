// SPDX-License-Identifier: Apache-2.0
import { Agent, type RequestOptions } from 'node:https';
import { type ConnectionOptions, connect } from 'node:tls';
import { type Cluster, KubeConfig, type RequestContext } from '@kubernetes/client-node';

type MakeDispatcher = KubeConfig['createDispatcherOptions'];
type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

/** A name that the API server's certificate carries wherever the node stands. */
const SERVER_NAME = 'kubernetes';

/** An API call that has no answer by then never gets one: the API server is on the same machine. */
const ANSWER_MS = 30_000;

/**
 * A kubeconfig whose every request goes through a unix socket: no network path leads to an air-gapped node.
 * API calls, watches and logs take one way (undici), exec and attach the other (web sockets).
 */
export class SocketKubeConfig extends KubeConfig {
  readonly #path: string;
  readonly #answerMs: number;
  #dispatcher: Dispatcher | undefined;

  /** `text`: the kubeconfig as K3s wrote it. `pace`: as in RunningNode. Throws when it is none. */
  constructor(text: string, socketPath: string, pace = 1) {
    super();
    this.#answerMs = ANSWER_MS * pace;
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
    context.setSignal(context.getSignal() ?? AbortSignal.timeout(this.#answerMs));
  }

  override createDispatcherOptions(
    cluster: Cluster | null,
    options: Parameters<MakeDispatcher>[1],
  ): ReturnType<MakeDispatcher> {
    const made = super.createDispatcherOptions(cluster, options);
    const connectOptions = 'connect' in made && typeof made.connect === 'object' ? made.connect : {};
    // undici's type lacks socketPath, its connector takes it
    const viaSocket = { ...connectOptions, socketPath: this.#path, servername: SERVER_NAME };
    return { type: 'agent', connect: viaSocket };
  }

  override async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
    await super.applyToHTTPSOptions(options);
    const { ca, cert, key } = options;
    const tls = { ca, cert, key, path: this.#path, servername: SERVER_NAME } as ConnectionOptions;
    const agent = new Agent();
    agent.createConnection = () => connect(tls);
    options.agent = agent;
  }
}
