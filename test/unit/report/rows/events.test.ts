import { describe, expect, test } from 'vitest';
import { headline } from '../../../../src/report/headline/headline.js';
import { armsOn } from '../../../../src/report/rows/builders.js';
import { eventName, eventSections } from '../../../../src/report/rows/events.js';
import { readResult } from '../../../../src/result/read.js';
import type { Cell, EventRecord, Result } from '../../../../src/result/types.js';
import { cell, result } from '../made-up.js';

const outcome = (survived: number, reconnected: number, lost = 0, unknown = 0): Partial<EventRecord> => ({
  metrics: {
    distributions: {},
    values: {
      'clients.survived': survived,
      'clients.reconnected': reconnected,
      'clients.lost': lost,
      'clients.unknown': unknown,
    },
  },
});
const event = (name: string, atMicros: number, more: Partial<EventRecord> = {}): EventRecord => ({
  name,
  atMicros,
  proof: { kind: name },
  ...more,
});

/** One TCP cell with these events. */
function withEvents(...events: EventRecord[]): Result {
  const made: Cell = cell('tcp', 1000);
  const { 'clients.survived': _s, 'clients.reconnected': _r, 'clients.lost': _l, ...values } = made.metrics.values;
  return result([{ ...made, metrics: { distributions: {}, values }, events }]);
}
const sections = (of: Result): string[][] =>
  eventSections(armsOn(of, of.cells[0]?.network.name ?? '')).map(({ heading, rows }) => [
    heading,
    ...rows.map(({ label, values }) => `${label}: ${values.join(' | ')}`),
  ]);

describe('what became of the clients', () => {
  test('stands under the event that did it, and a heal after it changes nothing', () => {
    expect(sections(withEvents(event('rebind', 3e6, outcome(0, 200)), event('heal', 8e6)))).toEqual([
      ['Clients after the rebind', 'Went on: 0 of 200', 'Reconnected: 200 of 200', 'Did not come back: 0 of 200'],
    ]);
  });

  test('is of the clients that were connected when it happened', () => {
    const both = withEvents(event('rebind', 3e6, outcome(150, 50)), event('profile', 4e6, outcome(150, 0)));
    expect(sections(both)[1]).toEqual([
      'Clients after the profile',
      'Went on: 150 of 150',
      'Reconnected: 0 of 150',
      'Did not come back: 0 of 150',
    ]);
  });

  test('is told for each event apart, in order of time, with those of whom nobody knows', () => {
    const both = withEvents(event('return', 9e6, outcome(199, 0, 0, 1)), event('rebind', 3e6, outcome(0, 200)));
    expect(sections(both).map(([heading]) => heading)).toEqual([
      'Clients after the rebind',
      'Clients after the return',
    ]);
    expect(sections(both)[1]).toContain('Nobody knows: 1 of 200');
    expect(headline(both).filter((sentence) => sentence.startsWith('After'))).toEqual([
      'After the rebind all 200 TCP clients reconnected.',
      'After the return no TCP client reconnected, and of 1 nobody knows.',
    ]);
  });

  test('of many events is told of the first eight, and how many more there were', () => {
    const many = Array.from({ length: 12 }, (_, i) =>
      event(i === 0 ? 'cut' : `cut-${i + 1}`, i * 1e6, { ...outcome(0, 200), proof: { kind: 'cut' } }),
    );
    expect(sections(withEvents(...many))).toHaveLength(8);
    expect(sections(withEvents(...many)).at(-1)?.[0]).toBe('Clients after the cut (8) (and 4 events more)');
  });

  test('of a result of the schema before is marked as that of the last event', async () => {
    const old = await readResult('test/fixtures/schema-1-demo-quick/01.json');
    expect(old.schema).toBe(1);
    expect(sections(old)[0]?.[0]).toBe('Clients after the last event, the rebind');
    expect(headline(old).join(' ')).toContain(
      'After the last event (the rebind), in 2 repeats together, all 100 TCP clients reconnected',
    );
  });
});

test.each([
  ['rebind', 'rebind', 'the rebind'],
  ['rebind-2', 'rebind', 'the rebind (2)'],
  ['address-change', 'address-change', 'the address-change'],
  ['rebind', 'blackout', 'rebind'],
  ['night', 'blackout', 'night'],
  ['train-2', 'rebind', 'train-2'],
])('%s, a %s, is called %s', (name, kind, words) => {
  expect(eventName(withEvents(event(name, 1e6, { proof: { kind } })).cells, name)).toBe(words);
});
