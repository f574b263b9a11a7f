// SPDX-License-Identifier: Apache-2.0
import { Agent, type RequestOptions } from 'node:https';
import { type ConnectionOptions, connect } from 'node:tls';
import { type Cluster, KubeConfig } from '@kubernetes/client-node';

type MakeDispatcher = KubeConfig['createDispatcherOptions'];

/** A name that the API server's certificate carries wherever the node stands. */
const SERVER_NAME = 'kubernetes';

/**
 * A kubeconfig whose every request goes through a unix socket: no network path leads to an air-gapped node.
 * Two public methods are overridden: API calls, watches and logs take the first way, exec and attach the second.
 */
export class SocketKubeConfig extends KubeConfig {
  readonly #path: string;

  /** `text`: the kubeconfig as K3s wrote it. Throws when it is none. */
  constructor(text: string, socketPath: string) {
    super();
    this.#path = socketPath;
    this.loadFromString(text);
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
