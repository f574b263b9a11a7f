// SPDX-License-Identifier: Apache-2.0

/** A shell line whose perl tries a TCP connection and says what came of it. The address is inside, or for documentation. */
export function connectScript(address: string, port: number): string {
  return `perl -e 'use Socket; socket(S,PF_INET,SOCK_STREAM,0); print connect(S, pack_sockaddr_in(${port}, inet_aton("${address}"))) ? "connected" : $!'; true`;
}
