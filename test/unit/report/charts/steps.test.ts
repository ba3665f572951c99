import { describe, expect, it } from 'vitest';
import { drawnStep, stairsOf } from '../../../../src/report/charts/steps.js';
import { chapterOf } from '../../../../src/report/html/chapter.js';
import { timelinesSection } from '../../../../src/report/html/timelines.js';
import type { Timeline } from '../../../../src/result/types.js';
import { cell, result } from '../made-up.js';

/** 30 steps of 200 ms, the traffic from the sixth on; 50 clients are cut 100 ms after an event at 2.05 s. */
const timeline: Timeline = {
  stepMicros: 200_000,
  trafficFromMicros: 1_000_000,
  series: {
    connected: Array.from({ length: 30 }, () => 50),
    connectedLeast: Array.from({ length: 30 }, (_, step) => (step === 15 ? 0 : 50)),
    cut: Array.from({ length: 30 }, (_, step) => (step === 15 ? 50 : 0)),
  },
};
const event = { name: 'rebind', atMicros: 2_050_000, proof: {} };

describe('steps of a chart over time', () => {
  it('show no effect before its cause: what was counted in the step of an event is drawn from the event on', () => {
    const { edges, values } = stairsOf(timeline, timeline.series.cut as number[], 200_000, 'sum', [event]);
    const effect = values.indexOf(50);
    expect(edges[effect]).toBe(2_050_000);
    expect(edges[effect + 1]).toBe(2_200_000);
    expect(values.filter((value) => value > 0)).toEqual([50]);
    expect(values[effect - 1]).toBe(0);
  });

  it('have the same edges for every arm, counted from the traffic, when several are drawn as one', () => {
    const later = { ...timeline, trafficFromMicros: 1_400_000 };
    const edgesOf = (one: Timeline) =>
      stairsOf(one, one.series.cut as number[], 1_000_000, 'sum', []).edges.filter((edge) => edge >= 0 && edge < 4e6);
    expect(edgesOf(timeline)).toEqual([0, 1e6, 2e6, 3e6]);
    expect(edgesOf(later)).toEqual([0, 1e6, 2e6, 3e6]);
  });

  it.each([
    ['sum', [3, 7]],
    ['mean', [1.5, 3.5]],
    ['least', [1, 3]],
    ['most', [2, 4]],
    ['last', [2, 4]],
  ] as const)('join as they are read: %s', (joining, values) => {
    expect(stairsOf({ stepMicros: 1, trafficFromMicros: 0 }, [1, 2, 3, 4], 2, joining, []).values).toEqual(values);
  });

  it('are widened for long runs only', () => {
    const long = (steps: number): Timeline => ({ stepMicros: 200_000, series: { cut: new Array(steps).fill(0) } });
    expect(drawnStep([long(30), long(400)])).toBe(200_000);
    expect(drawnStep([long(401)])).toBe(1_000_000);
    expect(drawnStep([long(36_000)])).toBe(30_000_000);
  });
});

describe('the charts over time', () => {
  const titles = (one: Timeline): string[] => {
    const cells = ['tcp', 'quic'].map((arm) => cell(arm, 30_000, { timeline: one, events: [event] }));
    const { text = '' } = timelinesSection(chapterOf(result(cells), 'r1')) ?? {};
    return [...text.matchAll(/<h5>([^<]*)</g)].map(([, title]) => title as string);
  };

  it('show the fewest clients and the connections that ended, which a look at the end of each step does not', () => {
    expect(titles(timeline)).toEqual([
      'Clients connected, the fewest in each 200 ms, 30ms',
      'Connections that ended in each 200 ms, 30ms',
    ]);
  });

  it('say of results of schema 1 that they only looked now and then', () => {
    const old = { stepMicros: 1e6, series: { connected: [50, 50, 50] } };
    expect(titles(old)).toEqual(['Clients connected when each 1 s ended (shorter gaps do not show), 30ms']);
  });
});
