// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { destinationOf, parseTraceLine } from '../../../../harness/observe/routes/trace-line.ts';

// Lines of Linux 6.18's trace_pipe, as recorded.
const TCP4 =
  '            perl-10783   [001] .....  2999.620091: fib_table_lookup: table 254 oif 0 iif 1 proto 6 0.0.0.0/0 -> 203.0.113.9/80 tos 0 scope 0 flags 8 ==> dev - gw 0.0.0.0/:: err -11';
const UDP6 =
  '         python3-27627   [000] .N...  4987.297898: fib6_table_lookup: table 254 oif 0 iif 1 proto 17 fd99::1/51442 -> 2001:db8::9/123 flowlabel 0x0 tos 0 scope 0 flags 0 ==> dev lo gw :: err -113';
const SOFTIRQ =
  '         python3-27678   [001] b.s2.  4988.093522: fib6_table_lookup: table 254 oif 0 iif 1 proto 58 ::/0 -> fd99::1/0 flowlabel 0x0 tos 0 scope 0 flags 0 ==> dev node0 gw :: err 0';
const FORK =
  '            bash-29807   [001] .....  5099.915271: task_newtask: pid=29808 comm=bash clone_flags=1200000 oom_score_adj=0';
const EXEC =
  '           mkdir-29808   [000] .....  5099.915522: sched_process_exec: filename=/usr/bin/mkdir pid=29808 old_pid=29808';
const EXIT =
  '           mkdir-29808   [000] .....  5099.916269: sched_process_exit: comm=mkdir pid=29808 prio=120 group_dead=true';
const ATTACH =
  '            runc-2071    [000] .....  5099.100000: cgroup_attach_task: dst_root=8 dst_id=4321 dst_level=5 dst_path=/kubepods/besteffort/pod0b1f/abc pid=2075 comm=runc:[2:INIT]';

describe('trace lines', () => {
  it('reads a look-up over IPv4', () => {
    expect(parseTraceLine(TCP4)).to.deep.equal({
      kind: 'lookup',
      tid: 10783,
      comm: 'perl',
      at: 2_999_620_091_000,
      interrupt: false,
      table: 254,
      protocolNumber: 6,
      source: '0.0.0.0',
      sourcePort: 0,
      destination: '203.0.113.9',
      destinationPort: 80,
      err: -11,
    });
  });

  it('reads a look-up over IPv6 of a thread that was to be preempted', () => {
    expect(parseTraceLine(UDP6)).to.deep.include({
      kind: 'lookup',
      interrupt: false,
      source: 'fd99::1',
      sourcePort: 51442,
      destination: '2001:db8::9',
      destinationPort: 123,
      err: -113,
    });
  });

  it('marks what was looked up in an interrupt', () => {
    expect(parseTraceLine(SOFTIRQ)).to.deep.include({ kind: 'lookup', interrupt: true, protocolNumber: 58 });
  });

  it('reads fork, exec, exit and the move into a cgroup', () => {
    expect([FORK, EXEC, EXIT, ATTACH].map(parseTraceLine)).to.deep.equal([
      { kind: 'fork', at: 5_099_915_271_000, tid: 29807, child: 29808, isIoThread: false },
      { kind: 'exec', at: 5_099_915_522_000, tid: 29808, oldTid: 29808, filename: '/usr/bin/mkdir' },
      { kind: 'exit', at: 5_099_916_269_000, tid: 29808 },
      { kind: 'attach', at: 5_099_100_000_000, tid: 2075, path: '/kubepods/besteffort/pod0b1f/abc' },
    ]);
  });

  it('knows markers and what the trace itself says it lost', () => {
    expect(
      parseTraceLine('              sh-100     [000] ...1.  4987.175156: tracing_mark_write: airgap agr-1 7'),
    ).to.deep.equal({ kind: 'marker', at: 4_987_175_156_000, text: 'airgap agr-1 7' });
    expect(parseTraceLine('CPU:1 [LOST 1234 EVENTS]')).to.deep.equal({ kind: 'lost', count: 1234 });
  });

  it('is not confused by names with spaces, dashes, brackets and the words of another line', () => {
    const comm = 'a-1 [000] ..: x';
    const line = TCP4.replace('            perl', comm.padStart(16));
    expect(parseTraceLine(line)).to.deep.include({ kind: 'lookup', comm, tid: 10783 });
    const forged = EXEC.replace(
      '/usr/bin/mkdir',
      '/tmp/x pid=1 old_pid=1/-9 [000] ..... 1.000000: fib_table_lookup: table 1',
    );
    expect(parseTraceLine(forged)).to.deep.include({ kind: 'exec', tid: 29808 });
  });

  it('decodes file names that are not ASCII', () => {
    const line = Buffer.from(EXEC.replace('mkdir pid', 'mkdir-é pid'), 'utf8').toString('latin1');
    expect(parseTraceLine(line)).to.deep.include({ filename: '/usr/bin/mkdir-é' });
  });

  it('reads a line with the thread group that record-tgid adds', () => {
    const line = TCP4.replace('-10783   [001]', '-10783   (  10783) [001]');
    expect(parseTraceLine(line)).to.deep.include({ kind: 'lookup', tid: 10783 });
  });

  it('understands no half of a line', () => {
    for (const line of [TCP4, UDP6, FORK, EXEC, EXIT]) {
      for (const end of [20, 40, line.indexOf(': ') + 5, line.length - 25]) {
        expect(parseTraceLine(line.slice(0, end)), line.slice(0, end)).to.equal(null);
      }
    }
  });

  it('finds a destination without reading all of the line, and only in look-ups', () => {
    expect([TCP4, UDP6, FORK, EXEC].map(destinationOf)).to.deep.equal([
      { address: '203.0.113.9', port: '80' },
      { address: '2001:db8::9', port: '123' },
      null,
      null,
    ]);
  });
});
