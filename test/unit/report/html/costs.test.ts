import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../../../src/report/html/report.js';
import { sectionsOf } from '../../../../src/report/rows/rows.js';
import type { Cell, PhaseUse, Result } from '../../../../src/result/types.js';
import { armModels, buildResult } from '../../../helpers/result-builder.js';

const phase = (name: string, cpu: number): PhaseUse => ({
  name,
  durationMicros: 4e6,
  resources: [{ role: 'broker', processes: 1, cpuUserMicros: cpu, cpuSystemMicros: cpu, peakRssBytes: 1 }],
});

/** Connecting and the return after the rebind are much dearer than the 1,000 messages of the calm window. */
function costly(): Result {
  const result = buildResult({ networks: [30], repeats: 1, arms: [armModels.tls] });
  const cells = result.cells.map((cell): Cell => {
    const values = {
      ...cell.metrics.values,
      'broker.message.cpu': 570,
      'wire.message.up': 451,
      'wire.message.down': 78,
    };
    return {
      ...cell,
      metrics: { ...cell.metrics, values },
      resources: [phase('', 900_000).resources[0]!],
      phases: [phase('connect', 700_000), phase('before', 285_000), phase('after', 170_000)],
      billed: { phases: ['before'], messages: 1000 },
    };
  });
  return { ...result, cells };
}

describe('what a message costs', () => {
  it('is one number in report.html and in the table', () => {
    const result = costly();
    const page = renderHtml([result]);
    const row = (label: string): string[] => {
      const text = page.slice(page.indexOf(`>TLS 30ms, ${label}<`));
      return [...text.slice(0, text.indexOf('</tr>')).matchAll(/<td[^>]*>([^<]*)</g)].map(([, cell]) => cell as string);
    };
    expect(row('broker').at(-1)).toBe('0.57 ms');
    expect(row('up')[2]).toBe('451 B');
    expect(row('down')[2]).toBe('78 B');
    const rows = sectionsOf([{ arm: 'tls', cells: result.cells }]).find(({ heading }) =>
      heading.includes('costs'),
    )?.rows;
    expect(rows?.map(({ values: [value] }) => value)).toEqual(['451 B', '78 B', '0.57 ms']);
  });

  it('names the windows that it is taken of, where these are not all of the traffic', () => {
    const headings = (cells: readonly Cell[]) => sectionsOf([{ arm: 'tls', cells }]).map(({ heading }) => heading);
    const { cells } = costly();
    expect(headings(cells)).toContain('What it costs; messages in before');
    const whole = cells.map((cell) => ({ ...cell, billed: { phases: ['traffic', 'drain'], messages: 9 } }));
    expect(headings(whole)).toContain('What it costs');
  });
});
