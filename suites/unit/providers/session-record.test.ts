// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { carriesLabel } from '../../../harness/providers/destroy.ts';
import { readRecord, type SessionRecord, writeRecord } from '../../../harness/providers/session-record.ts';

const record: SessionRecord = {
  version: 1,
  id: '1a2b3c',
  label: 'agr-1a2b3c',
  owner: { pid: 7, startTicks: '123' },
  createdAt: '2026-01-02T03:04:05.000Z',
  outDir: '/out',
  kept: true,
  cgroups: ['/sys/fs/cgroup/memory/agr-1a2b3c'],
  nodes: [
    {
      name: 'n1',
      launcher: { pid: 8, startTicks: '124' },
      execSocket: '/s/n1/exec.sock',
      apiSocket: '/s/n1/api.sock',
    },
  ],
};

describe('record of a session', () => {
  it('is read as it was written, for root alone, with nothing beside it', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'record-'));
    await writeRecord(dir.path, { ...record, kept: false });
    await writeRecord(dir.path, record);
    expect(await readRecord(dir.path)).to.deep.equal(record);
    expect(await readdir(dir.path)).to.deep.equal(['session.json']);
    expect((await stat(join(dir.path, 'session.json'))).mode & 0o777).to.equal(0o600);
  });

  it('one that is missing, cut off, or not a record is none', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'record-'));
    expect(await readRecord(dir.path)).to.equal(null);
    const text = JSON.stringify(record);
    for (const broken of ['', text.slice(0, -20), '[]', text.replace('1a2b3c', '../../etc')]) {
      await writeFile(join(dir.path, 'session.json'), broken);
      expect(await readRecord(dir.path), broken).to.equal(null);
    }
  });

  it('a label is a whole name or its beginning up to a dash, never a part of another label', () => {
    const names = [
      'agr-1a2b3c',
      'agr-1a2b3c-n1',
      'agr-1a2b3c-iou',
      'agr-1a2b3cd-n1',
      'agr-1a2b3',
      'x-agr-1a2b3c',
    ];
    expect(names.filter((name) => carriesLabel(name, 'agr-1a2b3c'))).to.deep.equal([
      'agr-1a2b3c',
      'agr-1a2b3c-n1',
      'agr-1a2b3c-iou',
    ]);
  });
});
