import { describe, expect, it } from 'vitest';
import { evaluateExpectations } from '../../../src/expect/evaluate.js';
import { parseShown } from '../../../src/expect/shown-number.js';
import { armDifferences } from '../../../src/report/comparison/arms.js';
import { cellsCsv } from '../../../src/report/csv/cells.js';
import { blocksOf } from '../../../src/report/rows/blocks.js';
import { pointOf } from '../../../src/report/rows/point.js';
import { renderScreen } from '../../../src/report/terminal/screen.js';
import { DoubtNotes } from '../../../src/report/words/doubts.js';
import { resultFile } from '../../../src/result/schema.js';
import { setOf } from '../../../src/result/set-of.js';
import type { Cell, Doubt, MetricSet, Result } from '../../../src/result/types.js';
import { buildResult } from '../../helpers/result-builder.js';

/** The same set with other counts. */
const withValues = ({ distributions }: MetricSet, values: MetricSet['values']): MetricSet => ({
  distributions,
  values: { 'rate.offered': 1, ...values },
});

/** A result whose cells have two fleets; their windows and events are those of the cell with counts of their own. */
function withFleets(options: Parameters<typeof buildResult>[0], doubts: readonly Doubt[] = []): Result {
  const result = buildResult({ networks: [30], ...options });
  const cells = result.cells.map((cell, i): Cell => {
    const fleet = (sent: number) => ({
      metrics: withValues(cell.metrics, { 'messages.sent': sent + i }),
      windows: { after: withValues(cell.windows.after as MetricSet, { 'messages.sent': sent / 2 + i }) },
      events: { rebind: { distributions: {}, values: { 'clients.survived': sent } } },
    });
    return { ...cell, fleets: { sensors: fleet(100), alarms: fleet(20) }, doubts };
  });
  return { ...result, cells };
}

const small = withFleets({ repeats: 1 });

describe('numbers of fleets', () => {
  it('are in the file, and found by fleet, window and event', () => {
    expect(resultFile.safeParse(JSON.parse(JSON.stringify(small))).error).toBeUndefined();
    const [cell] = small.cells as [Cell];
    const of = (window: string | undefined, fleet: string | undefined) =>
      setOf(cell, { metric: 'messages.sent', window, fleet })?.values['messages.sent'];
    expect([of(undefined, 'sensors'), of('after', 'sensors'), of(undefined, 'alarms')]).toEqual([100, 50, 20]);
    expect([of(undefined, 'nobody'), of('before', 'sensors'), of('toString', 'alarms')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(setOf(cell, { metric: 'clients.survived', window: 'rebind', fleet: 'alarms' })?.values).toEqual({
      'clients.survived': 20,
    });
  });

  it.each([
    ['sensors.messages.sent == 100', 'tcp@30ms'],
    ['tcp.sensors.after.messages.sent == 50', 'tcp@30ms'],
    ['tcp.sensors.messages.sent == 5 * tcp.alarms.messages.sent', 'tcp@30ms'],
    ['tcp@30ms.alarms.rebind.clients.survived == 20', 'tcp@30ms'],
    ['sensors.rebind.clients.survived == 100', 'tcp@30ms'],
  ])('are judged without the names of the scenario: %s', (text, cell) => {
    const [tcp] = small.cells;
    const [outcome] = evaluateExpectations([text], { cells: [tcp as Cell] });
    expect(outcome).toMatchObject({ outcome: 'held', found: expect.stringContaining(cell) });
  });

  it('have no data where there is no such fleet', () => {
    expect(evaluateExpectations(['tcp.nobody.after.messages.sent == 1'], small)[0]?.outcome).toBe('no-data');
  });

  it('have sections of their own behind those of all clients, and lines of their own in cells.csv', () => {
    const rows = (blocksOf(small)[0]?.grid.rows ?? []).map(({ head, values }) => [head.text, values[0]?.text]);
    const at = (text: string): number => rows.findIndex(([head]) => head === text);
    expect(at('Fleet sensors')).toBeGreaterThan(at('Connecting, from when the connect was due'));
    expect(rows.slice(at('Fleet alarms'), at('Fleet alarms') + 10)).toContainEqual(['Messages sent', '20']);
    expect(rows.slice(at('Fleet sensors, after the rebind')).slice(0, 6)).toContainEqual(['Messages sent', '50']);
    const lines = cellsCsv([small]).split('\r\n');
    expect(lines).toContain('fabricated,tcp,30ms,1,sensors,messages.sent,value,100,count,');
    expect(lines).toContain('fabricated,tcp,30ms,1,sensors.after,messages.sent,value,50,count,');
    expect(lines).toContain('fabricated,tcp,30ms,1,alarms.rebind,clients.survived,value,20,count,');
  });

  it('are shown first under the name of their fleet', () => {
    const show = ['sensors.after.publish.ack.p95', 'alarms.messages.sent'].map((text) => {
      return parseShown(text, {
        ...{ arms: ['tcp'], networks: ['30ms'], windows: ['before', 'after'], events: [] },
        fleets: [{ name: 'sensors' }, { name: 'alarms' }],
      });
    });
    expect(show).toEqual([
      { metric: 'publish.ack', statistic: 'p95', window: 'after', fleet: 'sensors' },
      { metric: 'messages.sent', statistic: 'value', fleet: 'alarms' },
    ]);
    const shown = { ...small, scenario: { ...small.scenario, show } };
    expect(pointOf(shown)).toEqual(show);
    const screen = renderScreen(shown, { rows: 40, columns: 100 } as never);
    expect(screen).toMatch(/sensors: PUBLISH to PUBACK P95, after the rebind/);
    expect(screen).toMatch(/alarms: Messages sent +20/);
  });

  it('are compared between arms fleet by fleet', () => {
    const several = withFleets({ repeats: 6 });
    const numbers = ['sensors', 'alarms', undefined].map((fleet) => ({
      ...({ metric: 'messages.sent', statistic: 'value' } as const),
      ...(fleet === undefined ? {} : { fleet }),
    }));
    const difference = armDifferences(several, ['tcp', ['tls']], numbers, 50);
    const base = (fleet: string): number | undefined =>
      difference('tls', '30ms', { metric: 'messages.sent', statistic: 'value', fleet })?.base[0];
    expect(base('sensors')).toBeGreaterThanOrEqual(100);
    expect(base('alarms')).toBeLessThan(50);
  });

  it('bear the doubts of their fleet, and those of all clients do as well', () => {
    const doubts: Doubt[] = [
      { code: 'late-sends', metric: 'publish.ack', fleet: 'sensors', message: '3 % of the publishes were late' },
      { code: 'few-samples', metric: 'publish.ack', statistics: ['p99'], fleet: 'alarms', message: '9 samples' },
      { code: 'few-samples', metric: 'publish.ack', statistics: ['p99'], message: '90 samples' },
    ];
    const doubted = withFleets({ repeats: 1 }, doubts);
    const notes = new DoubtNotes(doubted);
    const at = (fleet: string | undefined) =>
      notes.codesAbout([doubted.cells[0] as Cell], { metric: 'publish.ack', statistic: 'p99', fleet });
    expect(at('sensors')).toEqual(['late-sends']);
    expect(at('alarms')).toEqual(['few-samples']);
    expect(at(undefined)).toEqual(['late-sends', 'few-samples']);
    expect(notes.lines()).toEqual([
      expect.stringContaining('3 % of the publishes were late [of sensors]'),
      expect.stringContaining('9–90 samples [also of alarms]'),
    ]);
  });
});
