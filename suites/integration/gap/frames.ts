// SPDX-License-Identifier: Apache-2.0
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostRunner, runOrThrow } from '../../../harness/core/runner.ts';
import { tcpdumpCommand } from '../../../harness/core/tcpdump-command.ts';

/** Records what an interface of a network namespace (path) sees while `during` runs and for `after` milliseconds more. */
export async function framesDuring(
  netns: string,
  device: string,
  during: () => Promise<void>,
  after: number,
): Promise<string[]> {
  await using tcpdump = hostRunner.spawn(
    tcpdumpCommand(['-i', device, '--immediate-mode', '-l', '-nn', '-t']),
    { netns },
  );
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

/** Where frames are sent to. */
export const OUTSIDE = { 4: '198.51.100.7', 6: '2001:db8::7' } as const;
export type Family = keyof typeof OUTSIDE;

// A UDP packet to port 9999 in an Ethernet frame, handed to the device itself: routing is not asked.
const SEND_FRAME = `
use Socket qw(:DEFAULT inet_pton);
my ($device, $target, $index, $from, $to) = @ARGV;
my $is6 = $to =~ /:/;
my $type = $is6 ? 0x86dd : 0x0800;
my ($source, $destination) = map { inet_pton($is6 ? AF_INET6 : AF_INET, $_) } $from, $to;
socket(my $s, 17, SOCK_RAW, 0x0008) or die "socket: $!";
my $mac = pack("C6", map { hex } split /:/, $target);
my $udp = pack("nnnn", 4444, 9999, 8 + 5, 0) . "hello";
my $ip = pack("NnCCa16a16", 0x60000000, length $udp, 17, 64, $source, $destination);
if (!$is6) {
  $ip = pack("CCnnnCCna4a4", 0x45, 0, 20 + length $udp, 1, 0, 64, 17, 0, $source, $destination);
  my $sum = 0; $sum += $_ for unpack("n*", $ip); $sum = ($sum >> 16) + ($sum & 0xffff) while $sum >> 16;
  substr($ip, 10, 2) = pack("n", ~$sum & 0xffff);
}
my $link = pack("SnISCCa8", 17, $type, $index, 0, 0, 6, $mac);
send($s, $mac . ("\\x02" x 6) . pack("n", $type) . $ip . $udp, 0, $link) or die "send: $!";
`;

/** Puts one such frame on a link, addressed to the other end's hardware address. `netns` values are paths. */
export async function sendFrame(
  from: { readonly netns: string; readonly device: string },
  to: { readonly netns: string; readonly device: string },
  family: Family,
  source: string = family === 4 ? '10.99.0.1' : 'fd99::1',
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
    source,
    OUTSIDE[family],
  ]);
}
