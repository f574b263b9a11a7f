// SPDX-License-Identifier: Apache-2.0
import { outputOrThrow } from '../../core/command-output.ts';
import type { EventSink, NodeId, ObserverId } from '../../core/events.ts';
import type { LinkPlan, Vantage } from '../../core/node.ts';
import { DIODE_SENDERS } from '../../core/profile.ts';

/** From outside to a port of the node on which nobody listens: that the node refuses it shows that it came. */
export interface DiodeCanary {
  readonly id: string;
  readonly stage: keyof typeof DIODE_SENDERS;
  readonly from: string;
  readonly to: string;
}

export interface DiodeOptions {
  readonly log: EventSink;
  readonly node: NodeId;
  /** Beside the sink's kernel. */
  readonly vantage: Vantage;
  /** The sink's network namespace. */
  readonly netns: string;
  /** Observers that this machine can have, as in planCanaries. @default all */
  readonly available?: readonly ObserverId[];
}

/** Nobody listens on it (RFC 863). */
const PORT = '9';
const PROMISED = 'nothing came back';

// Sends a datagram, and waits half a second for an answer or a refusal.
const SEND = `
use Socket qw(:all);
my ($from, $to, $port) = @ARGV;
my $is6 = $to =~ /:/;
my $place = sub { $is6 ? pack_sockaddr_in6($_[1], inet_pton(AF_INET6, $_[0])) : pack_sockaddr_in($_[1], inet_pton(AF_INET, $_[0])) };
socket(my $s, $is6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0) or die "socket: $!";
bind($s, $place->($from, 0)) or die "bind: $!";
connect($s, $place->($to, $port)) or die "connect: $!";
send($s, "airgap diode", 0) or die "send: $!";
vec(my $ready = "", fileno($s), 1) = 1;
print select($ready, undef, undef, 0.5) > 0 ? "an answer came back" : "nothing came back";
`;

/** One canary of each family. */
export function planDiode(
  stage: DiodeCanary['stage'],
  { node4, node6 }: Pick<LinkPlan, 'node4' | 'node6'>,
): DiodeCanary[] {
  const { ipv4, ipv6 } = DIODE_SENDERS[stage];
  return [
    { id: `${stage}-node-in4`, stage, from: ipv4, to: bare(node4) },
    { id: `${stage}-node-in6`, stage, from: ipv6, to: bare(node6) },
  ];
}

/**
 * Profile `diode`: packets come in, none go out. Each canary is a datagram into the node; the capture on the link must see the
 * node's refusal on its way out, and the sender must not get it. Throws HarnessError when it cannot be sent at all.
 */
export async function runDiode(
  plan: readonly DiodeCanary[],
  { log, node, vantage, netns, available }: DiodeOptions,
): Promise<void> {
  for (const { id, stage, from, to } of plan) {
    const protocol = from.includes(':') ? 'icmpv6' : 'icmp';
    log.append(
      {
        type: 'canary',
        id,
        place: 'node',
        kind: protocol === 'icmp' ? 'in4' : 'in6',
        stage,
        to: { protocol, address: from },
        expect: (['link'] as const).filter((name) => available?.includes(name) ?? true),
        promised: [PROMISED],
      },
      { node },
    );
    const command = vantage.spawn(['perl', '-e', SEND, from, to, PORT], { netns });
    const answer = await outputOrThrow(command, `the canary ${id} could not be sent into the node`);
    log.append({ type: 'canary-answer', id, answer }, { node });
  }
}

function bare(cidr: string): string {
  return cidr.split('/')[0] ?? cidr;
}
