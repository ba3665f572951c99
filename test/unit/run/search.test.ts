import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Doubt, PhaseUse } from '../../../src/result/types.js';
import { boundDoubts } from '../../../src/run/doubts/bound.js';
import { Bisection, belowCapacity, searchCapacities, withCapacity } from '../../../src/run/search.js';
import { planCells } from '../../../src/scenario/matrix.js';
import { readScenario } from '../../../src/scenario/read.js';
import { around, cell, metricSet } from '../report/made-up.js';

/** Searches against a path that holds every rate up to a limit. */
function find(limit: number, range: { fromRate: number; toRate: number; steps: number }) {
  const bisection = new Bisection(range);
  const tried: number[] = [];
  for (let rate = bisection.next(); rate !== undefined; rate = bisection.next()) {
    tried.push(rate);
    bisection.tell(rate, rate <= limit);
  }
  return { capacity: bisection.capacity, tried };
}

describe('the search for the highest rate', () => {
  it('tries the lowest first and gives up when it is not held', () => {
    expect(find(10, { fromRate: 100, toRate: 1000, steps: 5 })).toEqual({ capacity: 0, tried: [100] });
  });

  it('halves the factor that is unknown', () => {
    expect(find(350, { fromRate: 100, toRate: 1600, steps: 3 }).tried).toEqual([100, 400, 200, 283]);
  });

  it('never claims more than is held, and misses less than the last factor', () => {
    const range = fc.record({ fromRate: fc.integer({ min: 10, max: 500 }), factor: fc.integer({ min: 2, max: 100 }) });
    fc.assert(
      fc.property(range, fc.integer({ min: 1, max: 8 }), fc.double({ min: 0, max: 1, noNaN: true }), (r, steps, at) => {
        const toRate = r.fromRate * r.factor;
        const limit = Math.ceil(r.fromRate * r.factor ** at);
        const { capacity, tried } = find(limit, { fromRate: r.fromRate, toRate, steps });
        expect(capacity).toBeLessThanOrEqual(limit);
        expect(tried).toHaveLength(steps + 1);
        // Rounding of each rate to whole messages shifts the bounds by at most one message each.
        expect(capacity * r.factor ** (1 / 2 ** steps)).toBeGreaterThanOrEqual((limit - 1) * (1 - steps / r.fromRate));
      }),
    );
  });
});

const parseScenario = (search: string, arms = 'tcp') =>
  readScenario(
    `title: t
arms: [${arms}]
network: {rtt: 1ms}
load: {publish: {topic: a, rate: 7}}
${search}
timeline: [{at: 1s, do: rebind}]
repeat: 2
`,
    'x.yaml',
  );
const scenario = parseScenario('search: {from: 100, to: 1600, steps: 2}', 'tcp, quic, tls');
const limits: Record<string, number> = { tcp: 450, quic: 1000, tls: 50 };

async function searched(stopAfter = Number.POSITIVE_INFINITY) {
  const runs: string[] = [];
  const found = await searchCapacities(scenario, scenario.search!, planCells(scenario), {
    run: async (probe, planned) => {
      expect(probe).toMatchObject({ timeline: [], windows: [], trafficMicros: 5e6 });
      const rate = planned.load.publish?.rate ?? 0;
      runs.push(`${planned.arm.name} ${rate}`);
      const slow = rate > limits[planned.arm.name]!;
      const metrics = metricSet(
        { 'publish.ack': around(slow ? 5e6 : 1e3) },
        { 'rate.offered': rate, 'rate.achieved': rate },
      );
      return cell(planned.arm.name, 1000, { metrics });
    },
    stopped: () => runs.length >= stopAfter,
    note: () => {},
  });
  return { runs, found };
}

describe('the search over all arms', () => {
  it('runs each arm once per network, without events, at its own rates', async () => {
    const { runs, found } = await searched();
    expect(runs).toEqual(['tcp 100', 'tcp 400', 'tcp 800', 'quic 100', 'quic 400', 'quic 800', 'tls 100']);
    expect(found.map(({ arm, ratePerSecond }) => [arm, ratePerSecond])).toEqual([
      ['tcp', 400],
      ['quic', 800],
      ['tls', 0],
    ]);
    expect(found[0]?.probes[2]).toMatchObject({ held: false, found: expect.stringContaining('asked < 1.00 s') });
  });

  it('lets all arms run at a share of the lowest capacity that any of them has', async () => {
    const { found } = await searched();
    const cells = belowCapacity(planCells(scenario), scenario.search!, found);
    expect(new Set(cells.map(({ load }) => load.publish?.rate))).toEqual(new Set([320]));
    expect(cells).toHaveLength(6);
    expect(withCapacity(cell('quic', 1000), found).metrics.values['rate.capacity']).toBe(800);
  });

  it.each(['loop-delay', 'generator-bound', 'broker-bound', 'machine-bound'] as const)(
    'does not hold a rate with a %s of the traffic; one of the connects before it says nothing of a rate',
    async (code) => {
      const hold = parseScenario(`search: {from: 100, to: 1600, steps: 1, hold: [doubts.${code} == 0]}`);
      const capacityWith = async (doubts: Doubt[]): Promise<number | undefined> => {
        const [found] = await searchCapacities(hold, hold.search!, planCells(hold), {
          run: async () => cell('tcp', 1000, { doubts }),
          stopped: () => false,
          note: () => {},
        });
        return found?.ratePerSecond;
      };
      // As the engine raises them: a probe has no windows, its parts are connect, traffic and drain.
      const busyIn = (name: string): PhaseUse => ({
        name,
        durationMicros: 6e6,
        machineShare: 0.99,
        resources: ['load', 'broker'].map((role) => ({
          role,
          processes: 1,
          cpuUserMicros: 5e6,
          cpuSystemMicros: 0.9e6,
          peakRssBytes: 0,
        })),
      });
      const raised = (name: string): Doubt[] => [
        { code: 'loop-delay', message: '', ...(name === 'connect' ? { phase: 'connect' } : {}) },
        ...boundDoubts([busyIn(name)]),
      ];
      expect(await capacityWith(raised('connect'))).toBe(400);
      expect(await capacityWith(raised('traffic'))).toBe(0);
    },
  );

  it('keeps the rate of the file when no arm holds anything, and stops when told to', async () => {
    const nothing = [{ arm: 'tcp', network: '1ms', ratePerSecond: 0, probes: [] }];
    expect(belowCapacity(planCells(scenario), scenario.search!, nothing)[0]?.load.publish?.rate).toBe(7);
    expect((await searched(2)).runs).toEqual(['tcp 100', 'tcp 400']);
  });
});
