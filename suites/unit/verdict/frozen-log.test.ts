// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { renderJson } from '../../../reports/json.ts';
import { frozenEvents, frozenReport, frozenReportText } from '../../fixtures/log-v1.ts';

describe('the frozen log of version 1', () => {
  it('gives the report that was accepted, byte for byte', () => {
    expect(renderJson(frozenReport())).to.equal(frozenReportText());
  });

  it('differs in renderedAt alone when it is rendered at another time', () => {
    const now = '2030-01-01T00:00:00.000Z';
    const again = JSON.parse(renderJson(frozenReport(now))) as Record<string, unknown>;
    expect(again).to.deep.equal({ ...(JSON.parse(frozenReportText()) as object), renderedAt: now });
  });

  it('has each kind of fact that a log can have', () => {
    expect([...new Set(frozenEvents().map(({ type }) => type))].toSorted()).to.include.members([
      'canary',
      'canary-answer',
      'check',
      'container',
      'distribution',
      'end',
      'health',
      'phase',
      'pod',
      'pull',
      'run',
      'sighting',
      'task',
    ]);
  });
});
