// SPDX-License-Identifier: Apache-2.0
import type { Draw } from './draw.ts';
import type { Deed, Reach } from './types.ts';

/** `address` at `port`; ICMP and the like have none. */
export function toAddress(
  protocol: string,
  address: string,
  port: number | null,
  className = 'unknown-address',
): Reach {
  return { protocol, address, name: null, port, class: className };
}

/** A question for a name. */
export function toName(name: string, className = 'unknown-name'): Reach {
  return { protocol: 'dns', address: null, name, port: 53, class: className };
}

export function hostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

type Make = (draw: Draw) => Deed;

/** A kind that takes ADDRESS:PORT, over IPv4. */
export function over4(protocol: string, kind: string, className?: string): Make {
  return (draw) => to(draw.address4(), draw.port(), protocol, kind, className);
}

export function over6(protocol: string, kind: string, className?: string): Make {
  return (draw) => to(draw.address6(), draw.port(), protocol, kind, className);
}

/** The same with a port that is known for something. */
export function atPort(protocol: string, kind: string, port: number, className: string): Make {
  return (draw) => to(draw.address4(), port, protocol, kind, className);
}

/** A kind that takes an address alone. */
export function bare(protocol: string, kind: string, className: string, family: 4 | 6 = 4): Make {
  return (draw) => {
    const address = family === 4 ? draw.address4WithoutPort() : draw.address6();
    return { argv: [kind, address], reaches: [toAddress(protocol, address, null, className)] };
  };
}

/** Another kind's deed, done by or from something: `double-fork`, `node-network`. */
export function by(words: readonly string[], make: Make): Make {
  return (draw) => {
    const deed = make(draw);
    return { ...deed, argv: [...words, ...deed.argv] };
  };
}

function to(address: string, port: number, protocol: string, kind: string, className?: string): Deed {
  return {
    argv: [kind, hostPort(address, port)],
    reaches: [toAddress(protocol, address, port, className)],
  };
}
