import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../../src/report/html/report.js';
import { resultJunit } from '../../../src/report/junit/result.js';
import { renderMarkdown } from '../../../src/report/markdown.js';
import { renderTable } from '../../../src/report/terminal/table.js';
import { buildResult } from '../../helpers/result-builder.js';

describe('what is not equal between the arms', () => {
  const lines = ['timers: of 4 ms (favours TCP)', 'rebind happens to quic only'];
  const doubts = lines.map((message) => ({ code: 'unequal-terms' as const, message }));
  const result = { ...buildResult({ networks: [30], repeats: 1 }), doubts };

  it.each([
    ['the table', renderTable(result)],
    ['summary.md', renderMarkdown(result)],
    ['report.html', renderHtml([result])],
    ['junit.xml', resultJunit([result])],
  ])('is listed in %s, a line each', (_, text) => {
    for (const line of lines) expect(text.split(line)).toHaveLength(2);
  });

  it('stands apart from the doubts: it has no number, and no mark at the title', () => {
    const text = renderTable(result);
    expect(text).toContain('Not equal between the arms\n');
    expect(text.split('\n')[0]).toBe(result.scenario.title);
    expect(text).not.toMatch(/\?\d+ timers/);
    expect(renderTable({ ...result, doubts: [] })).not.toContain('Not equal');
  });
});
