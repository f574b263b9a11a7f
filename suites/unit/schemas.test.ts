// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import Ajv from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { publishedSchemas } from '../schemas.ts';

const ROOT = resolve(import.meta.dirname, '../..');

describe('published schemas', () => {
  it('are those of the code (else: npm run schemas)', async () => {
    for (const [name, text] of Object.entries(await publishedSchemas())) {
      expect(await readFile(resolve(ROOT, 'docs/schema', name), 'utf8'), name).to.equal(text);
    }
  });

  it('accept a real report, and refuse one with a field too many', async () => {
    const schemas = await publishedSchemas();
    const ajv = new Ajv.Ajv2020({ strict: false });
    const validate = ajv.compile(JSON.parse(schemas['report.schema.json'] ?? '') as object);
    const report = JSON.parse(await readFile(resolve(ROOT, 'suites/fixtures/report.json'), 'utf8')) as object;
    expect(validate(report), JSON.stringify(validate.errors)).to.equal(true);
    expect(validate({ ...report, verdict: 'fine' })).to.equal(false);
    expect(validate({ ...report, more: 1 })).to.equal(false);
  });
});
