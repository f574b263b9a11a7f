// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { commandProblem, httpProblem } from '../../../harness/checks/data-checks.ts';
import { listed, verdictOf } from '../../../harness/checks/listing.ts';
import { pullsOf } from '../../../harness/checks/no-image-pulls.ts';
import { resultOf } from '../../../harness/checks/pod-exec.ts';
import { parseAnswer } from '../../../harness/checks/probe.ts';
import { parseMemoryMiB } from '../../../harness/checks/requirements.ts';
import { restartsOf } from '../../../harness/checks/restarts.ts';
import type { ExecResult } from '../../../harness/core/command.ts';
import { container, event, pod } from './kubernetes-objects.ts';

const DONE: ExecResult = {
  exitCode: 0,
  signal: null,
  stdout: '',
  stderr: '',
  timedOut: false,
  cancelled: false,
};

describe('what a check found, in one line', () => {
  it('the first three, and how many more', () => {
    expect(verdictOf(['a', 'b', 'c', 'd', 'e'], 'fine').message).to.equal('a; b; c; and 2 more');
    expect(verdictOf([], 'fine')).to.deep.equal({ result: 'pass', message: 'fine', evidence: [] });
    expect(listed('; not asked', ['a', 'b'])).to.equal('; not asked: a; b');
    expect(listed('; not asked', [])).to.equal('');
  });
});

describe('how a program in a pod ended, as the kubelet tells it', () => {
  const ended = (status: Parameters<typeof resultOf>[0]): ExecResult => resultOf(status, 'out', 'err', false);

  it('well, or with an exit code', () => {
    expect(ended({ status: 'Success' })).to.deep.equal({ ...DONE, stdout: 'out', stderr: 'err' });
    const causes = [{ reason: 'ExitCode', message: '42' }];
    expect(ended({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes } }).exitCode).to.equal(
      42,
    );
  });

  it('not started: why is on its standard error', () => {
    const { exitCode, stderr } = ended({ status: 'Failure', message: 'executable file not found' });
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: null, stderr: 'errexecutable file not found' });
  });

  it('by time or by the end of the run', () => {
    expect(ended('stopped')).to.include({ exitCode: null, timedOut: true, cancelled: false });
    expect(resultOf('stopped', '', '', true)).to.include({
      exitCode: null,
      timedOut: false,
      cancelled: true,
    });
  });
});

describe('what a probe answers', () => {
  it('is read with what is missing filled in', () => {
    expect(parseAnswer({ ...DONE, stdout: '{"ok":false,"error":"refused","ms":3}\n' })).to.deep.equal({
      ok: false,
      error: 'refused',
      addresses: [],
      status: 0,
      body: '',
    });
  });

  it('or is no answer at all: the harness’s own trouble', () => {
    expect(() => parseAnswer({ ...DONE, exitCode: 127, stderr: 'not found' })).to.throw(
      'a probe gave no answer (exit code 127): not found',
    );
    expect(() => parseAnswer({ ...DONE, exitCode: null, timedOut: true })).to.throw('(timed out)');
  });
});

describe('an HTTP answer is compared', () => {
  const wanted = { url: 'http://web/', status: 200, contains: 'Welcome', from: 'pod' } as const;
  const answer = { ok: true, error: '', status: 200, body: 'Welcome home' };

  it('connection, then status, then content', () => {
    expect(httpProblem(wanted, answer)).to.equal(null);
    expect(httpProblem(wanted, { ...answer, ok: false, error: 'refused' })).to.equal('refused');
    expect(httpProblem(wanted, { ...answer, status: 503, body: '' })).to.equal(
      'status 503, expected 200; the answer: it is empty',
    );
    expect(httpProblem(wanted, { ...answer, body: '<html></html>' })).to.equal(
      'the answer does not contain "Welcome"; it begins: <html></html>',
    );
  });
});

describe('a command’s end is compared', () => {
  const wanted = { exitCode: 0, contains: 'ok' };

  it('time, start, exit code, then output; with what it said', () => {
    expect(commandProblem(wanted, { ...DONE, stdout: 'all ok' })).to.equal(null);
    expect(commandProblem(wanted, { ...DONE, exitCode: null, timedOut: true })).to.equal(
      'not done after 60 s: it said nothing',
    );
    expect(commandProblem(wanted, { ...DONE, exitCode: null, stderr: 'no such file' })).to.equal(
      'could not be run: no such file',
    );
    expect(commandProblem(wanted, { ...DONE, exitCode: 3, stdout: 'ok' })).to.equal(
      'exit code 3, expected 0: ok',
    );
    expect(commandProblem(wanted, { ...DONE, stdout: 'no' })).to.equal(
      'its output does not contain "ok": no',
    );
  });
});

describe('images that were asked of a registry', () => {
  it('each once, with the pod that wanted it first; what was there is none', () => {
    expect(
      pullsOf([
        event('a-1', 'Pulling image "r.example/a:1"'),
        event('a-2', 'Back-off pulling image "r.example/a:1": ErrImagePull'),
        event('b-1', 'Failed to pull image "b": no such host'),
        event('c-1', 'Successfully pulled image "c" in 1s'),
        event('d-1', 'Container image "d" already present on machine'),
        event('e-1', 'Error: ErrImageNeverPull'),
      ]),
    ).to.deep.equal([
      'r.example/a:1 was asked of its registry for pod shop/a-1',
      'b was asked of its registry for pod shop/b-1',
      'c was asked of its registry for pod shop/c-1',
    ]);
  });
});

describe('containers that were restarted', () => {
  it('by pod and name, with how they ended the last time', () => {
    const again = container(
      { running: {} },
      { restartCount: 2, lastState: { terminated: { exitCode: 1, reason: 'Error' } } },
    );
    const ended = container(
      { terminated: { exitCode: 9, reason: 'OOMKilled' } },
      { name: 'init', restartCount: 1 },
    );
    expect(
      restartsOf(pod({ name: 'web', inits: [ended], containers: [again, container({ running: {} })] })),
    ).to.deep.equal([
      {
        key: 'uid-web/init',
        count: 1,
        text: 'shop/web container init: 1 restart(s), last: exit code 9 (OOMKilled)',
      },
      {
        key: 'uid-web/app',
        count: 2,
        text: 'shop/web container app: 2 restart(s), last: exit code 1 (Error)',
      },
    ]);
  });
});

describe('the memory of a node', () => {
  it('is its cgroup’s limit or the machine’s, whichever is smaller', () => {
    const MACHINE = 'MemTotal:       24689180 kB\n';
    expect(parseMemoryMiB(`${MACHINE}4294967296\n`)).to.equal(4096);
    expect(parseMemoryMiB(`${MACHINE}max\n`)).to.equal(24110);
    expect(parseMemoryMiB(`${MACHINE}9223372036854771712\n`)).to.equal(24110);
    expect(() => parseMemoryMiB('')).to.throw('the node does not tell its memory');
  });
});
