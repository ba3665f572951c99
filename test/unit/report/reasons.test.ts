import { describe, expect, it } from 'vitest';
import { cellsCsv } from '../../../src/report/csv/cells.js';
import { renderHtml } from '../../../src/report/html/report.js';
import { resultJunit } from '../../../src/report/junit/result.js';
import { renderMarkdown } from '../../../src/report/markdown.js';
import { renderTable } from '../../../src/report/terminal/table.js';
import { brokerReasons } from '../../../src/report/words/reasons.js';
import { cell, result } from './made-up.js';

const counters = {
  'reason.puback.quota-exceeded': 12,
  'reason.disconnect.server-shutting-down': 1,
  'connections.left': 3,
};
const named = {
  name: 'made-up',
  ...result([
    cell('tcp', 1000, { counters }),
    cell('quic', 1000, { counters: { 'reason.puback.quota-exceeded': 30 } }),
  ]),
};

describe('what the broker gave as reasons', () => {
  it('is told once for all cells, the most frequent first', () => {
    expect(brokerReasons(named.cells)).toEqual([
      expect.stringMatching(/^42 × quota-exceeded in PUBACK, in tcp@1ms(#1)?, quic@1ms/),
      expect.stringMatching(/^1 × server-shutting-down in DISCONNECT, in tcp@1ms/),
    ]);
    expect(brokerReasons([cell('tcp', 1000)])).toEqual([]);
  });

  it('stands in every output of a scenario; by hand, refusals are errors already', () => {
    for (const text of [renderTable(named), renderMarkdown(named), renderHtml([named])])
      expect(text.replaceAll('\\', '')).toContain('42 × quota-exceeded in PUBACK');
    expect(resultJunit([named])).toContain('the broker gave a reason: 12 × quota-exceeded in PUBACK');
    expect(cellsCsv([named])).toMatch(/tcp,1ms,1,,counter\.reason\.puback\.quota-exceeded,value,12,count,/);
  });
});
