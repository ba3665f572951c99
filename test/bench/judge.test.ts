import { describe, expect, it } from 'vitest';
// @ts-expect-error a script without types
import { comparedWith, judge, spread } from '../../scripts/bench/judge.mjs';
// @ts-expect-error a script without types
import { Lines } from '../../scripts/bench/print.mjs';

const section = { group: 'peers', full: 'peers.tcp', cells: { ours: {}, theirs: { needs: 'mosquitto' } } };
const cpu = {
  what: 'CPU',
  unit: 'x',
  target: 1.3,
  from: ['ours', 'theirs'],
  of: (a: Values, b: Values) => a.cpu / b.cpu,
};
const idle = { stolen: 0, othersCores: 0 };

interface Values {
  readonly cpu: number;
  readonly offered?: number;
  readonly rate?: number;
}

/** A round: what each cell measured. */
const round = (number: number, cells: Record<string, Values>, { build = 'after', machine = idle } = {}) =>
  Object.entries(cells).map(([cell, values]) => ({ cell, build, round: number, values, machine }));

const rowOf = (row: object, samples: object[], builds = ['after'], absent: string[] = []) =>
  judge(row, section, samples, builds, absent);

describe('a row', () => {
  it('is the median of the ratios within each round, with their range', () => {
    // The machine was twice as slow in the second round: the ratio of medians would be 1.5, that of no pair.
    const samples = [
      ...round(0, { ours: { cpu: 20 }, theirs: { cpu: 16 } }),
      ...round(1, { ours: { cpu: 36 }, theirs: { cpu: 30 } }),
      ...round(2, { ours: { cpu: 24 }, theirs: { cpu: 15 } }),
    ];
    expect(rowOf(cpu, samples)).toMatchObject({ reached: 1.25, low: 1.2, high: 1.6, rounds: 3, state: 'held' });
  });

  it('names a program that is not here, and has no figure then', () => {
    const row = rowOf(cpu, round(0, { ours: { cpu: 20 } }), ['after'], ['mosquitto', 'mqttx']);
    expect(row).toMatchObject({ state: 'not here', note: 'mosquitto' });
    expect(row).not.toHaveProperty('reached');
    expect(new Lines({}).row(row)).toMatch(/^\| CPU +\| <= 1\.3 x \| {2}\| not here \| mosquitto \|$/);
  });

  it('says why a cell failed, and counts the rounds in which none did', () => {
    const failed = { cell: 'theirs', build: 'after', round: 1, failed: 'did not start', machine: idle };
    const [ours] = round(1, { ours: { cpu: 20 } });
    expect(rowOf(cpu, [ours as object, failed])).toMatchObject({ state: 'failed', note: 'did not start' });
    const good = round(0, { ours: { cpu: 10 }, theirs: { cpu: 10 } });
    expect(rowOf(cpu, [...good, ours as object, failed])).toMatchObject({ reached: 1, rounds: 1, state: 'held' });
  });

  it('that is only a lower bound misses a target that it must not be above, and one it must reach by its value', () => {
    const bound = { what: 'time', unit: 's', target: 50, from: ['ours'], of: (a: Values) => a.cpu, bound: () => true };
    const row = rowOf(bound, round(0, { ours: { cpu: 40 } }));
    expect(row).toMatchObject({ state: 'missed', atLeast: true });
    expect(new Lines({}).row(row)).toContain('| > 40 s | missed |');
  });

  it('is doubted beside other programs, and where what was offered was not acknowledged', () => {
    const cells = { ours: { cpu: 10 }, theirs: { cpu: 10 } };
    const busy = rowOf(cpu, round(0, cells, { machine: { stolen: 0.1, othersCores: 0.5 } }));
    expect(busy).toMatchObject({ state: 'doubted' });
    expect(busy.note).toBe('other programs used up to 0.5 cores; the hypervisor took up to 10 %');
    const behind = { ...cells, theirs: { cpu: 10, offered: 1000, rate: 900 } };
    expect(rowOf(cpu, round(0, behind))).toMatchObject({ state: 'doubted', note: 'theirs acknowledged 900/s' });
    const worse = { ...behind, ours: { cpu: 20 } };
    expect(rowOf(cpu, round(0, worse))).toMatchObject({ state: 'missed' });
  });
});

describe('two builds', () => {
  const rate = { what: 'rate', unit: '/s', least: true, grow: 1.5, from: ['ours'], of: (a: Values) => a.cpu };
  const samples = (after: readonly number[]) => [
    ...[100, 200].flatMap((cpu, i) => round(i, { ours: { cpu } }, { build: 'before' })),
    ...after.flatMap((cpu, i) => round(i, { ours: { cpu } })),
  ];

  it('are compared round by round', () => {
    const row = rowOf(rate, samples([160, 320]), ['before', 'after']);
    expect(row).toMatchObject({ reached: 240, before: { reached: 150 }, ratio: { reached: 1.6, low: 1.6, high: 1.6 } });
    expect(row.state).toBe('held');
    expect(new Lines({ two: true }).row(row)).toContain(
      '| >= 1.5 x before | 150/s (100–200/s, 2 rounds) | 240/s (160–320/s, 2 rounds) | 1.6 (1.6–1.6, 2 rounds) | held |',
    );
  });

  it('miss what should have grown by more', () => {
    expect(rowOf(rate, samples([140, 280]), ['before', 'after']).state).toBe('missed');
  });
});

describe('an earlier run', () => {
  const gauge = (memoryNanoseconds: number) => ({ memoryNanoseconds, datagramMicroseconds: 4, switchMicroseconds: 2 });
  const before = { before: gauge(100), after: gauge(100) };
  // Eight times one of three figures: twice as slow by the geometric mean.
  const now = { before: gauge(800), after: gauge(800) };
  const compared = (unit: string, was: number, reached: number) => {
    const row = { section: 'a.b', what: 'it', unit, reached };
    return comparedWith(row, { rows: [{ ...row, reached: was }], gauge: before }, now);
  };

  it('on a machine twice as fast: the same time, half of the rate and the same ratio are no change', () => {
    expect(compared('µs', 10, 20)).toEqual({ was: 10, ratio: 2, byGauge: expect.closeTo(1, 9) });
    expect(compared('/s', 1000, 500)).toEqual({ was: 1000, ratio: 0.5, byGauge: expect.closeTo(1, 9) });
    expect(compared('x', 2, 2)).toEqual({ was: 2, ratio: 1, byGauge: expect.closeTo(1, 9) });
    expect(compared('KB', 30, 33)).toEqual({ was: 30, ratio: 1.1, byGauge: expect.closeTo(1.1, 9) });
  });

  it('without that row, or with one that has no figure, is not compared with', () => {
    const row = { section: 'a.b', what: 'it', unit: 's', reached: 1 };
    expect(comparedWith(row, { rows: [], gauge: before }, now)).toBeUndefined();
    expect(comparedWith(row, { rows: [{ ...row, reached: undefined }], gauge: before }, now)).toBeUndefined();
  });
});

it('the median of an even number of values lies between the two in the middle', () => {
  expect(spread([4, 1, 2, 3])).toEqual({ reached: 2.5, low: 1, high: 4, rounds: 4 });
  expect(spread([9, 1, 2])).toEqual({ reached: 2, low: 1, high: 9, rounds: 3 });
});
