// SPDX-License-Identifier: Apache-2.0
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostRunner, runOrThrow } from '../../../harness/core/runner.ts';

/** Records what an interface of a network namespace (path) sees while `during` runs and for `after` milliseconds more. */
export async function framesDuring(
  netns: string,
  device: string,
  during: () => Promise<void>,
  after: number,
): Promise<string[]> {
  await using tcpdump = hostRunner.spawn(['tcpdump', '-i', device, '--immediate-mode', '-l', '-nn', '-t'], {
    netns,
  });
  const lines = text(tcpdump.stdout);
  let said = '';
  await new Promise<void>((resolve) => {
    tcpdump.stderr.on('data', (chunk) => {
      said += String(chunk);
      if (said.includes('listening on')) resolve();
    });
  });
  await during();
  await sleep(after);
  tcpdump.kill('SIGINT');
  await tcpdump.ended;
  return (await lines).split('\n').filter((line) => line !== '');
}

// An IPv4 UDP packet to 198.51.100.7:9999 in an Ethernet frame, handed to the device itself: routing is not asked.
const SEND_FRAME = `
use Socket;
my ($device, $target, $index) = @ARGV;
socket(my $s, 17, SOCK_RAW, 0x0008) or die "socket: $!";
my $mac = pack("C6", map { hex } split /:/, $target);
my $udp = pack("nnnn", 4444, 9999, 8 + 5, 0) . "hello";
my $ip = pack("CCnnnCCna4a4", 0x45, 0, 20 + length $udp, 1, 0, 64, 17, 0, inet_aton("10.99.0.1"), inet_aton("198.51.100.7"));
my $sum = 0; $sum += $_ for unpack("n*", $ip); $sum = ($sum >> 16) + ($sum & 0xffff) while $sum >> 16;
substr($ip, 10, 2) = pack("n", ~$sum & 0xffff);
my $to = pack("SnISCCa8", 17, 0x0800, $index, 0, 0, 6, $mac);
send($s, $mac . ("\\x02" x 6) . pack("n", 0x0800) . $ip . $udp, 0, $to) or die "send: $!";
`;

/** Puts one such frame on a link, addressed to the other end's hardware address. `netns` values are paths. */
export async function sendFrame(
  from: { readonly netns: string; readonly device: string },
  to: { readonly netns: string; readonly device: string },
): Promise<void> {
  const read = async (place: typeof from, file: string): Promise<string> => {
    const script = 'mount -t sysfs sysfs /sys && cat "/sys/class/net/$1/$2"';
    const enter = ['nsenter', `--net=${place.netns}`, 'unshare', '--mount', 'sh', '-c', script, 'sh'];
    return (await runOrThrow(hostRunner, [...enter, place.device, file])).trim();
  };
  const [mac, index] = await Promise.all([read(to, 'address'), read(from, 'ifindex')]);
  await runOrThrow(hostRunner, [
    'nsenter',
    `--net=${from.netns}`,
    'perl',
    '-e',
    SEND_FRAME,
    from.device,
    mac,
    index,
  ]);
}
