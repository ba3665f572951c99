import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { mergeRepeats } from '../../../../src/compare/merge.js';
import { headline } from '../../../../src/report/headline/headline.js';
import { renderMarkdown } from '../../../../src/report/markdown.js';
import { renderTable } from '../../../../src/report/terminal/table.js';
import { readResult } from '../../../../src/result/read.js';
import type { LedgerRow, Result } from '../../../../src/result/types.js';
import { cell, result } from '../made-up.js';

const row = (more: Partial<LedgerRow>): LedgerRow => ({
  qos: 1,
  offered: 600,
  sent: 600,
  resent: 0,
  acknowledged: 600,
  received: 600,
  duplicate: 0,
  disordered: 0,
  missing: 0,
  verdict: 'kept',
  ...more,
});

/** The last sentences of the headline of cells with these ledgers. */
function told(ledgers: Readonly<Record<string, LedgerRow>>, counters = { 'connections.lost': 50 }): string[] {
  const cells = Object.entries(ledgers).map(([arm, ledger]) => cell(arm, 30_000, { ledger: [ledger], counters }));
  return headline(result(cells)).filter((sentence) => /messages|promise/i.test(sentence) && !/silence/.test(sentence));
}

describe('what the headline says of delivery', () => {
  it('accounts for all messages when every promise was kept', () => {
    expect(told({ tcp: row({}), quic: row({}) })).toEqual([
      'Every QoS promise was kept: 1,200 messages with QoS 1 or 2 were sent in all cells together.',
    ]);
    expect(told({ tcp: row({ verdict: 'nothing-promised' }), quic: row({}) })).toEqual([
      'Every QoS promise was kept: 1,200 messages with QoS 1 or 2 were sent in all cells together; of 600 of them nothing was promised, and none is missing.',
    ]);
  });

  it('tells what is missing though nothing was promised, with the reason', () => {
    const lost = row({ verdict: 'nothing-promised', received: 598, missing: 2 });
    expect(told({ tcp: lost, quic: row({}) })).toEqual([
      '2 of 1,200 acknowledged messages with QoS 1 or 2 did not arrive (tcp; clean sessions reconnected, so nothing was promised).',
    ]);
    expect(told({ tcp: lost }, { 'connections.lost': 0 })).toEqual([
      '2 of 600 acknowledged messages with QoS 1 or 2 did not arrive (tcp; messages may expire, so nothing was promised).',
    ]);
  });

  it('names broken promises beside what was never promised, and QoS 0', () => {
    const sentences = told({
      tcp: row({ verdict: 'broken', received: 588, missing: 12, acknowledged: 590 }),
      tls: row({ verdict: 'nothing-promised', received: 599, missing: 1 }),
      ws: row({ verdict: 'broken', qos: 2, duplicate: 3 }),
      quic: row({ verdict: 'nothing-promised', qos: 0, acknowledged: 0, received: 593, missing: 7 }),
    });
    expect(sentences).toEqual([
      'A QoS promise was broken in tcp@30ms (QoS 1) and ws@30ms (QoS 2): 12 messages are missing and 3 arrived again.',
      '1 of 1,800 messages with QoS 1 or 2 did not arrive (tls; clean sessions reconnected, so nothing was promised).',
      '7 of 600 messages with QoS 0 did not arrive (quic; QoS 0 promises nothing).',
    ]);
  });
});

describe('messages that are for several subscribers each', () => {
  it('are counted as deliveries, of which more may be missing than there were messages', () => {
    const fan = row({ verdict: 'nothing-promised', qos: 0, received: 5_000, missing: 1_000 });
    expect(told({ tcp: fan })).toEqual([
      '1,000 of 6,000 deliveries with QoS 0 did not arrive (tcp; QoS 0 promises nothing).',
    ]);
  });
});

describe('ten repeats of an earlier schema', () => {
  let ten: Result;
  beforeAll(async () => {
    const folder = join(import.meta.dirname, '../../../fixtures/schema-1-demo-quick');
    const files = (await readdir(folder)).sort().map((file) => readResult(join(folder, file)));
    ten = mergeRepeats(await Promise.all(files)) as Result;
  });

  it('do not claim that every promise was kept: two acknowledged messages are missing', () => {
    expect(headline(ten)).toContain(
      '2 of 18,000 acknowledged messages with QoS 1 or 2 did not arrive (tcp, tls; clean sessions reconnected, so nothing was promised).',
    );
  });

  it('have what is missing added up, in every output', () => {
    expect(renderTable(ten)).toMatch(/Messages missing +1 +1 +0$/m);
    expect(renderMarkdown(ten)).toContain('| Messages missing | 1 | 1 | 0 |');
  });
});
