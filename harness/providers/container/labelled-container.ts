// SPDX-License-Identifier: Apache-2.0
import type Docker from 'dockerode';
import { GenericContainer, PullPolicy, type WaitStrategy } from 'testcontainers';
import { sessionLabels } from './labels.ts';

export interface ContainerOptions {
  readonly image: string;
  readonly name: string;
  /** Session id. */
  readonly session: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `none`, `container:ID`, or a network's name. */
  readonly network: string;
  readonly hostConfig: Docker.HostConfig;
  /** Keeps standard input open for one reader of the output, who attaches in `onCreated`. @default false */
  readonly stdin?: boolean;
  /** Between creation and start. */
  readonly onCreated?: (id: string) => Promise<void>;
}

/** Ready is for the caller to say: what runs in it waits for a link that is made after its start. */
const NO_WAIT: WaitStrategy = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => NO_WAIT,
  isStartupTimeoutSet: () => false,
  getStartupTimeout: () => 0,
};

/** A container of a session: never pulled, never reaped by another container, with settings that testcontainers has no method for. */
export class LabelledContainer extends GenericContainer {
  readonly #onCreated: ContainerOptions['onCreated'];

  constructor(options: ContainerOptions) {
    super(options.image);
    this.#onCreated = options.onCreated;
    this.withPullPolicy(PullPolicy.neverPull())
      .withAutoCleanup(false)
      .withName(options.name)
      .withLabels(sessionLabels(options.session))
      .withEnvironment(options.env ?? {})
      .withCommand([...options.command])
      .withNetworkMode(options.network)
      .withWaitStrategy(NO_WAIT);
    if (options.stdin === true)
      Object.assign(this.createOpts, { OpenStdin: true, StdinOnce: true, AttachStdin: true });
    this.hostConfig = { ...this.hostConfig, ...options.hostConfig };
  }

  protected override async containerCreated(id: string): Promise<void> {
    await this.#onCreated?.(id);
  }
}
