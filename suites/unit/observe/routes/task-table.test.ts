// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { noProc, type ProcReader, splitArguments } from '../../../../harness/observe/routes/proc-reader.ts';
import { type Image, TaskTable } from '../../../../harness/observe/routes/task-table.ts';

const CONTAINER = 'ab'.repeat(32);
const UID = '0b1f7a3c-11aa-4b0e-9c55-d0e1f2a3b4c5';
const CGROUP = `/kubepods/besteffort/pod${UID}/${CONTAINER}`;

function chainOf(image: Image | null): string[] {
  return image === null ? [] : [image.exe, ...chainOf(image.parent)];
}

function proc(
  tasks: Readonly<Record<number, { exe?: string; argv?: readonly string[]; cgroup?: string }>>,
): ProcReader {
  return {
    exe: (tid) => tasks[tid]?.exe ?? null,
    argv: (tid) => tasks[tid]?.argv ?? null,
    cgroup: (tid) => tasks[tid]?.cgroup ?? null,
  };
}

/** 1 launcher -> shell; 2 shim; 3 runc init, put into the container's cgroup; 4 its program. */
function container(table: TaskTable): void {
  table.seed(1, 0, 'bash');
  table.add({ kind: 'exec', at: 10, tid: 1, oldTid: 1, filename: '/usr/bin/containerd' });
  table.add({ kind: 'fork', at: 20, tid: 1, child: 2, isIoThread: false });
  table.add({ kind: 'exec', at: 30, tid: 2, oldTid: 2, filename: '/bin/containerd-shim-runc-v2' });
  table.add({ kind: 'fork', at: 40, tid: 2, child: 3, isIoThread: false });
  table.add({ kind: 'exec', at: 50, tid: 3, oldTid: 3, filename: '/usr/sbin/runc' });
  table.add({ kind: 'attach', at: 60, tid: 3, path: CGROUP });
  table.add({ kind: 'exec', at: 70, tid: 3, oldTid: 3, filename: '/app/server' });
}

describe('the table of tasks', () => {
  it('names program, ancestors, container and pod of a task from the trace alone', () => {
    const table = new TaskTable();
    container(table);
    const image = table.now(3);
    expect(chainOf(image)).to.deep.equal([
      '/app/server',
      '/usr/sbin/runc',
      '/bin/containerd-shim-runc-v2',
      '/usr/bin/containerd',
      'bash',
    ]);
    expect(image?.cgroup).to.deep.equal({ container: CONTAINER, podUid: UID });
    expect(table.now(2)?.cgroup).to.equal(null);
  });

  it('takes threads and forked children for the same program', () => {
    const table = new TaskTable();
    container(table);
    table.add({ kind: 'fork', at: 80, tid: 3, child: 5, isIoThread: false });
    table.add({ kind: 'fork', at: 90, tid: 5, child: 6, isIoThread: false });
    expect(table.now(6)).to.equal(table.now(3));
  });

  it('still knows a task that has ended, and forgets it after half a minute', () => {
    const table = new TaskTable();
    container(table);
    table.add({ kind: 'exit', at: 1_000_000_000, tid: 3 });
    table.forgetDead(30_000_000_000);
    expect(table.now(3)?.exe).to.equal('/app/server');
    table.forgetDead(31_000_000_001);
    expect(table.now(3)).to.equal(null);
  });

  it('gives a number that is used again to its new task', () => {
    const table = new TaskTable();
    container(table);
    table.add({ kind: 'exit', at: 100, tid: 3 });
    table.add({ kind: 'fork', at: 200, tid: 2, child: 3, isIoThread: false });
    expect(table.now(3)?.exe).to.equal('/bin/containerd-shim-runc-v2');
    expect(table.now(3)?.cgroup).to.equal(null);
  });

  it('moves the leader into the program that another of its threads called', () => {
    const table = new TaskTable();
    container(table);
    table.add({ kind: 'fork', at: 80, tid: 3, child: 9, isIoThread: false });
    table.add({ kind: 'exec', at: 90, tid: 3, oldTid: 9, filename: '/app/next' });
    expect(chainOf(table.now(3)).slice(0, 2)).to.deep.equal(['/app/next', '/app/server']);
    expect(table.now(3)?.cgroup?.container).to.equal(CONTAINER);
  });

  it('moves one process into a cgroup without its brothers', () => {
    const table = new TaskTable();
    table.seed(1, 0, 'bash');
    table.add({ kind: 'fork', at: 10, tid: 1, child: 2, isIoThread: false });
    table.add({ kind: 'attach', at: 20, tid: 2, path: CGROUP });
    expect(table.now(2)?.cgroup?.container).to.equal(CONTAINER);
    expect(table.now(1)?.cgroup).to.equal(null);
  });

  it('keeps the container when another hierarchy has no name for it', () => {
    const table = new TaskTable();
    container(table);
    const before = table.now(3);
    table.add({ kind: 'attach', at: 80, tid: 3, path: '/' });
    table.add({ kind: 'attach', at: 81, tid: 3, path: '/agr-1/n1' });
    table.add({ kind: 'attach', at: 82, tid: 3, path: `/agr-1${CGROUP}` });
    expect(table.now(3)).to.equal(before);
  });

  it('keeps the name of a program that starts itself again', () => {
    const table = new TaskTable();
    container(table);
    for (const filename of ['/proc/self/exe', '/proc/thread-self/exe', '/proc/self/fd/6', '/dev/fd/6']) {
      table.add({ kind: 'exec', at: 90, tid: 3, oldTid: 3, filename });
      expect(table.now(3)?.exe, filename).to.equal('/app/server');
    }
  });

  it('finds folder and arguments of a program while it lives', () => {
    const table = new TaskTable(
      proc({ 1: { exe: '/usr/bin/curl', argv: ['curl', '-s', 'http://203.0.113.9/'] } }),
    );
    table.add({ kind: 'exec', at: 1, tid: 1, oldTid: 1, filename: 'curl' });
    expect(table.now(1)).to.deep.include({
      exe: '/usr/bin/curl',
      argv: ['curl', '-s', 'http://203.0.113.9/'],
    });
  });

  it('knows a script by its own name and takes its arguments', () => {
    const argv = ['/bin/sh', '/entrypoint.sh', '--now'];
    const table = new TaskTable(proc({ 1: { exe: '/usr/bin/dash', argv } }));
    table.add({ kind: 'exec', at: 1, tid: 1, oldTid: 1, filename: '/entrypoint.sh' });
    expect(table.now(1)).to.deep.include({ exe: '/entrypoint.sh', argv });
  });

  it('takes no arguments from a task that has become another program meanwhile', () => {
    const table = new TaskTable(proc({ 1: { exe: '/usr/bin/sleep', argv: ['sleep', '9'] } }));
    table.add({ kind: 'exec', at: 1, tid: 1, oldTid: 1, filename: '/usr/bin/curl' });
    expect(table.now(1)?.argv).to.equal(null);
  });

  it('asks /proc for a container that was entered without an attach record', () => {
    const table = new TaskTable(
      proc({ 1: { exe: '/app', cgroup: `4:memory:${CGROUP}\n1:name=systemd:/\n` } }),
    );
    table.add({ kind: 'exec', at: 1, tid: 1, oldTid: 1, filename: '/app' });
    const image = table.now(1);
    expect(image && table.complete(1, image).cgroup).to.deep.equal({ container: CONTAINER, podUid: UID });
  });

  it('does not grow a chain without end', () => {
    const table = new TaskTable(noProc);
    for (let at = 0; at < 1000; at += 1)
      table.add({ kind: 'exec', at, tid: 1, oldTid: 1, filename: `/loop-${at}` });
    expect(chainOf(table.now(1)).length).to.be.within(30, 35);
  });

  it('cuts arguments down to 40 of 200 characters', () => {
    const cmdline = Buffer.from(`${Array.from({ length: 50 }, () => 'x'.repeat(300)).join('\0')}\0`);
    expect(splitArguments(cmdline)).to.deep.equal(Array.from({ length: 40 }, () => 'x'.repeat(200)));
    expect(splitArguments(Buffer.from('a\0\0b\0'))).to.deep.equal(['a', '', 'b']);
    expect(splitArguments(Buffer.alloc(0))).to.equal(null);
  });
});
