// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { EventOf } from '../../../harness/core/events.ts';
import { hostRunner, runOrThrow } from '../../../harness/core/runner.ts';
import { type RunningRoutes, startRoutes } from '../../../harness/observe/routes/start-routes.ts';
import { needs } from '../support/needs.ts';
import { stormOf } from './storm.ts';
import { type Launcher, makeSite, type Site, startLauncher } from './support.ts';

interface Traced extends AsyncDisposable {
  readonly site: Site;
  readonly launcher: Launcher;
  readonly routes: RunningRoutes;
  /** Runs a shell command as a descendant of the launcher; returns what it said. */
  run(line: string): Promise<string>;
  /** What was seen by then. */
  seen(): Promise<EventOf<'sighting'>[]>;
}

/** A node whose launcher is traced, or a pod in its stead. */
async function trace(place: 'node' | 'pod' = 'node'): Promise<Traced> {
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await makeSite());
  const launcher = stack.use(await startLauncher(site.netns[place]));
  const routes = stack.use(
    await startRoutes({ ...site.options, label: site.label, launcherTid: launcher.tid }),
  );
  launcher.go();
  await launcher.run('cd /');
  const made = stack.move();
  return {
    site,
    launcher,
    routes,
    run: async (line) => await launcher.run(line),
    async seen() {
      await routes.flush();
      return site.log.of('sighting');
    },
    [Symbol.asyncDispose]: async () => await made.disposeAsync(),
  };
}

/** `protocol address:port xCOUNT` of sightings. */
function summary(sightings: readonly EventOf<'sighting'>[]): string[] {
  return sightings.map(
    ({ to, count }) => `${to.protocol} ${to.address}${to.port === undefined ? '' : ` ${to.port}`} x${count}`,
  );
}

/** Names of programs from the task up. */
function lineage(site: Site, key: string | undefined): string[] {
  const task = site.log.of('task').findLast((candidate) => candidate.key === key);
  return task === undefined ? [] : [task.exe, ...lineage(site, task.parent)];
}

const PERL_TCP = (address: string): string =>
  `perl -e 'use Socket; socket(S,PF_INET,SOCK_STREAM,0); connect(S, pack_sockaddr_in(80, inet_aton("${address}"))) or print "$!"'`;

/** Attempts of each kind, by the number of times each is made. */
const PYTHON = `
import socket
def each(n, make):
    for _ in range(n):
        try: make()
        except OSError: pass
def tcp(family, to):
    s = socket.socket(family, socket.SOCK_STREAM); s.setblocking(False)
    try: s.connect(to)
    except BlockingIOError: pass
def udp(family, to):
    with socket.socket(family, socket.SOCK_DGRAM) as s: s.sendto(b'x', to)
def connected(family, to):
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.connect(to); s.send(b'x'); s.send(b'y')
def raw(family, protocol, packet, to):
    with socket.socket(family, socket.SOCK_RAW, protocol) as s: s.sendto(packet, (to, 0))
four, six = socket.AF_INET, socket.AF_INET6
each(3, lambda: tcp(four, ('203.0.113.1', 81)))
each(4, lambda: tcp(six, ('2001:db8::2', 82)))
each(2, lambda: tcp(six, ('::ffff:203.0.113.3', 83)))
each(5, lambda: udp(four, ('203.0.113.4', 84)))
each(6, lambda: udp(six, ('2001:db8::5', 85)))
each(2, lambda: connected(four, ('203.0.113.6', 86)))
each(2, lambda: raw(four, socket.IPPROTO_ICMP, b'\\x08\\0\\xf7\\xff\\0\\0\\0\\0', '203.0.113.7'))
each(3, lambda: raw(six, 58, b'\\x80\\0\\0\\0\\0\\0\\0\\0', '2001:db8::8'))
each(2, lambda: tcp(four, ('10.99.0.2', 89)))
`;
const COUNTED = [
  'tcp 203.0.113.1 81 x3',
  'tcp 2001:db8::2 82 x4',
  'tcp 203.0.113.3 83 x2',
  'udp 203.0.113.4 84 x5',
  'udp 2001:db8::5 85 x6',
  'udp 203.0.113.6 86 x2',
  'icmp 203.0.113.7 x2',
  'icmpv6 2001:db8::8 x3',
];

describe('the observer of routing look-ups', function () {
  this.timeout(30_000);
  before(function () {
    needs(this, 'root', 'netns', 'tracefs');
  });

  it('counts every attempt of each kind where there is no route, and nothing inside', async () => {
    await using traced = await trace();
    await traced.run(`python3 - <<'END'\n${PYTHON}\nEND`);
    expect(summary(await traced.seen())).to.deep.equal(COUNTED);
    expect(traced.site.log.of('health').at(-1)).to.deep.include({ observer: 'routes', lost: 0 });
  });

  it('counts the same where there is a default route, with the port that packets come from', async () => {
    await using traced = await trace('pod');
    await traced.run(`python3 - <<'END'\n${PYTHON}\nEND`);
    const seen = await traced.seen();
    // A pod has no IPv6 route here, and its kernel tells no other numbers for it.
    expect(summary(seen)).to.deep.equal(COUNTED);
    expect(
      seen
        .filter(({ to }) => to.protocol === 'tcp' && to.address?.startsWith('203.'))
        .map(({ from }) => from.address),
    ).to.deep.equal(['10.42.0.5', '10.42.0.5']);
    for (const { from, to } of seen)
      if (to.protocol === 'udp') expect(from.port, to.address).to.be.greaterThan(1023);
  });

  it('names the process of 500 that call out and die at once, with its arguments and ancestors', async () => {
    await using traced = await trace();
    await traced.run(`for i in $(seq 500); do ${PERL_TCP('203.0.113.9')}; done`);
    const seen = await traced.seen();
    expect(seen.reduce((sum, { count }) => sum + count, 0)).to.equal(500);
    expect(new Set(seen.map(({ task }) => task)).size).to.equal(500);
    for (const { task } of seen) {
      expect(
        lineage(traced.site, task)
          .slice(0, 3)
          .map((exe) => exe.split('/').pop()),
      ).to.deep.equal(['perl', 'bash', 'nsenter']);
    }
    const named = traced.site.log
      .of('task')
      .filter(({ exe, argv }) => exe.endsWith('perl') && argv?.[0] === 'perl');
    expect(named.length, 'of 500 with arguments').to.be.greaterThan(450);
  });

  it('follows a daemon that leaves its session and its parent', async () => {
    await using traced = await trace();
    await traced.run(
      `setsid --fork sh -c 'sleep 0.2; exec ${PERL_TCP('203.0.113.9').replaceAll("'", `'"'"'`)}' & sleep 0.5`,
    );
    const [seen] = await traced.seen();
    expect(seen?.to.address).to.equal('203.0.113.9');
    expect(lineage(traced.site, seen?.task).map((exe) => exe.split('/').pop())).to.include('setsid');
  });

  it('sees a storm of connects without a loss, folded', async () => {
    await using traced = await trace();
    await traced.run(
      `perl -e 'use Socket; $to = pack_sockaddr_in(80, inet_aton("203.0.113.9")); for (1..50000) { socket(S,PF_INET,SOCK_STREAM,0); connect(S, $to); }'`,
    );
    const seen = await traced.seen();
    expect(seen.reduce((sum, { count }) => sum + count, 0)).to.equal(50_000);
    expect(seen.length).to.be.lessThan(10);
  });

  it('counts a storm of four processes exactly, each with its own task', async () => {
    await using traced = await trace();
    await traced.run(stormOf({ processes: 4, tries: 25_000, perSecond: 50_000 }));
    const seen = await traced.seen();
    expect(traced.site.log.of('health').at(-1)?.lost).to.equal(0);
    expect(seen.reduce((sum, { count }) => sum + count, 0)).to.equal(100_000);
    expect(new Set(seen.map(({ task }) => task)).size).to.equal(4);
    expect(seen.length).to.be.lessThan(100);
  });

  it('counts what a storm overwrote, its own marker too, and goes on', async () => {
    await using traced = await trace();
    const { site, routes } = traced;
    const pipe = `/sys/kernel/tracing/instances/${site.label}/trace_pipe`;
    const reader = Number(await runOrThrow(hostRunner, ['pgrep', '-xf', `cat ${pipe}`]));
    process.kill(reader, 'SIGSTOP');
    const flushed = routes.flush();
    const tries = 400_000;
    await traced.run(stormOf({ processes: 4, tries: tries / 4, perSecond: 1e9 }));
    process.kill(reader, 'SIGCONT');
    await flushed;
    const seen = await traced.seen();
    const counted = seen.reduce((sum, { count }) => sum + count, 0);
    const lost = site.log.of('health').at(-1)?.lost;
    expect(lost).to.be.a('number').greaterThan(0);
    expect(counted).to.be.lessThan(tries);
    expect(counted + Number(lost)).to.be.at.least(tries);
    expect(site.log.of('fault')).to.deep.equal([]);
    await traced.run(PERL_TCP('203.0.113.77'));
    const after = (await traced.seen()).filter(({ to }) => to.address === '203.0.113.77');
    expect(summary(after)).to.deep.equal(['tcp 203.0.113.77 80 x1']);
  });

  it('is not asked about what is inside, except for questions', async () => {
    await using traced = await trace();
    const connect = (to: string, times: number): string =>
      `perl -e 'use Socket; $to = pack_sockaddr_in(80, inet_aton("${to}")); for (1..${times}) { socket(S,PF_INET,SOCK_STREAM,0); connect(S, $to); }'`;
    await traced.run(connect('10.99.0.2', 5000));
    await traced.run(connect('203.0.113.9', 1));
    expect(summary(await traced.seen())).to.deep.equal(['tcp 203.0.113.9 80 x1']);
    expect(traced.site.log.of('health').at(-1)?.received).to.be.lessThan(100);
  });

  it('sees what a program lets a kernel thread of io_uring do, and names the program', async function () {
    await using traced = await trace();
    const program = join(import.meta.dirname, 'programs/io-uring-connect.py');
    const said = await traced.run(`python3 ${program} 203.0.113.9 80`);
    if (said.startsWith('io_uring_setup')) {
      console.log(`SKIPPED: this kernel allows no io_uring (${said})`);
      this.skip();
    }
    expect(said).to.equal('submitted');
    const seen = await traced.seen();
    expect(summary(seen)).to.deep.equal(['tcp 203.0.113.9 80 x1']);
    expect(lineage(traced.site, seen[0]?.task)[0]).to.match(/python3/);
  });

  it('does not take for the node what others of this machine do', async () => {
    await using traced = await trace();
    await traced.site.sh('node', `${PERL_TCP('203.0.113.1')}; true`);
    await traced.run(PERL_TCP('203.0.113.2'));
    expect(summary(await traced.seen())).to.deep.equal(['tcp 203.0.113.2 80 x1']);
  });

  it('keeps look-ups for questions, one for each socket', async () => {
    await using traced = await trace('pod');
    await traced.run(
      `python3 -c "
import socket
for _ in range(3):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s: s.sendto(b'x', ('10.43.0.10', 53))
"`,
    );
    const seen = await traced.seen();
    expect(summary(seen)).to.deep.equal(Array(3).fill('udp 10.43.0.10 53 x1'));
    expect(new Set(seen.map(({ from }) => from.port)).size).to.equal(3);
  });

  it('has everything in the log that happened before a flush', async () => {
    await using traced = await trace();
    for (let round = 1; round <= 20; round += 1) {
      await traced.run(PERL_TCP(`203.0.113.${round}`));
      const seen = await traced.seen();
      expect(seen.at(-1)?.to.address, `round ${round}`).to.equal(`203.0.113.${round}`);
    }
  });

  it('follows the launcher of a node that is started again', async () => {
    await using traced = await trace();
    await using again = await startLauncher(traced.site.netns.node);
    await traced.routes.retrace(again.tid);
    again.go();
    await again.run(PERL_TCP('203.0.113.7'));
    await traced.run(PERL_TCP('203.0.113.8'));
    expect(summary(await traced.seen())).to.have.members(['tcp 203.0.113.7 80 x1', 'tcp 203.0.113.8 80 x1']);
  });

  it('counts what was lost when nobody read in time', async () => {
    await using traced = await trace();
    const readers = await readersOf(traced.site.label);
    for (const pid of readers) process.kill(pid, 'SIGSTOP');
    await traced.run(
      `perl -e 'use Socket; $to = pack_sockaddr_in(80, inet_aton("203.0.113.9")); for (1..300000) { socket(S,PF_INET,SOCK_STREAM,0); connect(S, $to); }'`,
    );
    for (const pid of readers) process.kill(pid, 'SIGCONT');
    const seen = await traced.seen();
    const { lost } = traced.site.log.of('health').at(-1) ?? {};
    const sum = seen.reduce((total, { count }) => total + count, 0);
    expect(lost).to.be.a('number').greaterThan(0);
    expect(sum + Number(lost)).to.be.within(300_000, 300_100);
  });

  it('says so when its reader dies, and still ends', async () => {
    await using traced = await trace();
    const [pid = 0] = await readersOf(traced.site.label);
    process.kill(pid, 'SIGKILL');
    await sleep(100);
    expect(traced.site.log.of('fault').map(({ source, message }) => [source, message])).to.deep.equal([
      [
        'routes',
        'the reader of the routing trace ended on its own (signal SIGKILL): no routing look-up was seen from then on',
      ],
    ]);
    await traced.routes.flush();
    expect(traced.site.log.of('health').at(-1)).to.deep.include({ observer: 'routes', lost: 'unknown' });
  });

  it('says what is wrong when it cannot start, and leaves nothing', async () => {
    await using site = await makeSite();
    await using launcher = await startLauncher(site.netns.node);
    const options = { ...site.options, label: site.label, launcherTid: launcher.tid };
    await using first = await startRoutes(options);
    const error = await startRoutes(options).then(() => null, String);
    expect(error).to.match(
      /cannot trace the routing of node "n1": mkdir: cannot create directory .* File exists/,
    );
    await first[Symbol.asyncDispose]();
    expect(existsSync(`/sys/kernel/tracing/instances/${site.label}`)).to.equal(false);
    const gone = await startRoutes({ ...options, launcherTid: 999_999_999 }).then(() => null, String);
    expect(gone).to.include('cannot trace the routing of node "n1": the launcher, task 999999999, is gone');
    const folder = `/sys/kernel/tracing/instances/${site.label}`;
    expect(existsSync(folder)).to.equal(false);
    await mkdir(`${folder}-iou`);
    try {
      expect(await startRoutes(options).then(() => null, String)).to.include('-iou’: File exists');
    } finally {
      await rmdir(`${folder}-iou`);
    }
    expect(existsSync(folder)).to.equal(false);
  });

  it('leaves nothing behind', async () => {
    let label = '';
    {
      await using traced = await trace();
      label = traced.site.label;
      expect(await readersOf(label)).to.have.length(2);
    }
    expect(existsSync(`/sys/kernel/tracing/instances/${label}`)).to.equal(false);
    expect(existsSync(`/sys/kernel/tracing/instances/${label}-iou`)).to.equal(false);
    expect(await readersOf(label)).to.deep.equal([]);
  });
});

/** Processes that read the traces of a label: the node's first. */
async function readersOf(label: string): Promise<number[]> {
  const { stdout } = await hostRunner.run(['pgrep', '-f', `^cat /sys/kernel/tracing/instances/${label}`]);
  const pids = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
  const { stdout: commands } = await hostRunner.run(['ps', '-o', 'pid=,args=', '-p', pids.join(',') || '0']);
  const isNodes = (pid: number): boolean => new RegExp(`^ *${pid} .*${label}/`, 'm').test(commands);
  return [...pids.filter(isNodes), ...pids.filter((pid) => !isNodes(pid))];
}
