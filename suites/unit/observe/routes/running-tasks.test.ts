// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { parseTasks } from '../../../../harness/observe/routes/running-tasks.ts';

describe('parseTasks', () => {
  const line = (task: object): string =>
    `${JSON.stringify({ pid: 7, exe: '/bin/x', argv: [], cgroup: '', ...task })}\n`;

  it('tells program, arguments and cgroup of what ran, and nothing of what did not', () => {
    const { tasks, proc } = parseTasks(
      line({ tid: 7, argv: ['/bin/x', '-v'], cgroup: '0::/a' }) + line({ tid: 8 }),
    );
    expect(tasks.map(({ tid, pid }) => [tid, pid])).to.deep.equal([
      [7, 7],
      [8, 7],
    ]);
    expect(proc.exe(7)).to.equal('/bin/x');
    expect(proc.argv(7)).to.deep.equal(['/bin/x', '-v']);
    expect(proc.argv(8)).to.equal(null);
    expect(proc.cgroup(7)).to.equal('0::/a');
    expect(proc.exe(9)).to.equal(null);
  });

  it('clips arguments without end, and refuses what is no listing', () => {
    const { proc } = parseTasks(line({ tid: 7, argv: Array.from({ length: 90 }, () => 'y'.repeat(900)) }));
    expect(proc.argv(7)).to.have.length(40);
    expect(proc.argv(7)?.[0]).to.have.length(200);
    expect(() => parseTasks('sh: not found\n')).to.throw();
  });
});
