import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/base/numbers/random.js';
import { rateOf } from '../../../src/plan/plan.js';
import { capacityText } from '../../../src/result/capacity.js';
import type { Doubt, PhaseUse, Search } from '../../../src/result/types.js';
import { boundDoubts } from '../../../src/run/doubts/bound.js';
import { belowCapacity, searchCapacities, withCapacity } from '../../../src/run/search.js';
import { Bisection, mostRuns, usualRuns } from '../../../src/scenario/bisection.js';
import { describeScenario } from '../../../src/scenario/describe.js';
import { planCells } from '../../../src/scenario/matrix.js';
import { readScenario } from '../../../src/scenario/read.js';
import type { PlannedCell, ResolvedScenario } from '../../../src/scenario/types.js';
import { atRate } from '../../helpers/plans.js';
import { fc } from '../../helpers/properties.js';
import { around, cell, metricSet } from '../report/made-up.js';

type Range = { fromRate: number; toRate: number; steps: number };

/** Searches against a path that holds every rate up to a limit; `luck` may turn the outcome of a run around. */
function find(limit: number, range: Range, luck: (run: number, rate: number) => boolean = () => false) {
  const bisection = new Bisection(range);
  const tried: number[] = [];
  for (let rate = bisection.next(); rate !== undefined; rate = bisection.next()) {
    tried.push(rate);
    bisection.tell(rate, rate <= limit !== luck(tried.length, rate));
  }
  const { held, missed, confirmed } = bisection;
  return { held, missed, confirmed, tried };
}

describe('the search for the highest rate', () => {
  const range = { fromRate: 100, toRate: 1600, steps: 3 };

  it('tries the lowest first, and once more before it says that not even that is held', () => {
    expect(find(10, { fromRate: 100, toRate: 1000, steps: 5 })).toEqual({
      held: 0,
      missed: 100,
      confirmed: true,
      tried: [100, 100],
    });
  });

  it('halves the factor that is unknown, then confirms both sides of the edge', () => {
    expect(find(350, range)).toEqual({
      held: 283,
      missed: 400,
      confirmed: true,
      tried: [100, 400, 200, 283, 400, 283],
    });
  });

  it('tries the highest rate itself when everything below is held', () => {
    expect(find(5000, range)).toEqual({
      held: 1600,
      missed: undefined,
      confirmed: true,
      tried: [100, 400, 800, 1131, 1600, 1600],
    });
  });

  it('loses nothing above a rate that was missed by one unlucky run', () => {
    const unlucky = (run: number) => run === 2; // 400 looks missed
    const { held, missed, confirmed, tried } = find(900, range, unlucky);
    expect({ held, missed, confirmed }).toEqual({ held: 800, missed: 1131, confirmed: true });
    expect(tried.filter((rate) => rate === 400)).toHaveLength(3);
  });

  it('does not believe one lucky run either', () => {
    const { held, missed, confirmed } = find(300, range, (run) => run === 2); // 400 looks held
    expect({ held, missed, confirmed }).toEqual({ held: 283, missed: 400, confirmed: true });
  });

  it('ends after a bounded number of runs, and then does not call the edge confirmed', () => {
    // Every rate is held the first time and missed the second and third.
    const seen = new Map<number, number>();
    const fickle = find(1e9, range, (_, rate) => {
      seen.set(rate, (seen.get(rate) ?? 0) + 1);
      return (seen.get(rate) as number) > 1;
    });
    expect(fickle.tried).toHaveLength(mostRuns(range.steps));
    expect(fickle.confirmed).toBe(false);
  });

  it('is an interval with the limit in it, in as many runs as were announced', () => {
    const ranges = fc.record({
      fromRate: fc.integer({ min: 100, max: 500 }),
      factor: fc.integer({ min: 2, max: 100 }),
    });
    fc.assert(
      fc.property(
        ranges,
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: -0.2, max: 1.2, noNaN: true }),
        (r, steps, at) => {
          const toRate = r.fromRate * r.factor;
          const limit = Math.ceil(r.fromRate * r.factor ** at);
          const { held, missed, confirmed, tried } = find(limit, { fromRate: r.fromRate, toRate, steps });
          expect(confirmed).toBe(true);
          expect(tried.length).toBeLessThanOrEqual(usualRuns(steps));
          expect(held).toBeLessThanOrEqual(limit);
          expect(missed ?? Number.POSITIVE_INFINITY).toBeGreaterThan(limit);
          if (held === 0) expect(missed).toBe(r.fromRate);
          else if (missed === undefined) expect(held).toBe(toRate);
          // Rates are whole messages, so a step may be off by one message at each end.
          else expect(missed - 1).toBeLessThanOrEqual((held + 1) * r.factor ** (1 / 2 ** steps));
        },
      ),
      // Only the highest rate is not held.
      { examples: [[{ fromRate: 100, factor: 2 }, 1, 0.485426827170242]] },
    );
  });

  it('finds the edge, or says that it did not, when one run in ten is wrong', () => {
    const random = new Random(3);
    let off = 0;
    for (let i = 0; i < 300; i++) {
      const { held, missed, confirmed } = find(900, range, () => random.next() < 0.1);
      if (confirmed && (held !== 800 || missed !== 1131)) off++;
    }
    // With a single run per rate it is a third of the searches: 1 - 0.9^4.
    expect(off / 300).toBeLessThan(0.15);
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

async function searched(stopAfter = Number.POSITIVE_INFINITY, known: readonly Search[] = []) {
  const runs: string[] = [];
  const how = {
    run: async (probe: ResolvedScenario, planned: PlannedCell) => {
      expect(probe).toMatchObject({ timeline: [], windows: [], trafficMicros: 5e6 });
      const rate = rateOf(planned.load) ?? 0;
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
  };
  const found = await searchCapacities(scenario, scenario.search!, planCells(scenario), how, known);
  return { runs, found };
}

describe('the search over all arms', () => {
  it('runs each arm once per network, without events, at its own rates', async () => {
    const { runs, found } = await searched();
    const rates = (arm: string, ...list: number[]) => list.map((rate) => `${arm} ${rate}`);
    expect(runs).toEqual([
      ...rates('tcp', 100, 400, 800, 800, 400),
      ...rates('quic', 100, 400, 800, 1600, 1600, 800),
      ...rates('tls', 100, 100),
    ]);
    expect(found.map(({ arm, ratePerSecond, missedPerSecond }) => [arm, ratePerSecond, missedPerSecond])).toEqual([
      ['tcp', 400, 800],
      ['quic', 800, 1600],
      ['tls', 0, 100],
    ]);
    expect(found.map((one) => capacityText(one))).toEqual(['400–800/s', '800–1,600/s', '< 100/s']);
    expect(found[0]?.probes[2]).toMatchObject({ held: false, found: expect.stringContaining('asked < 1.00 s') });
  });

  it('lets all arms run at a share of the lowest capacity that any of them has', async () => {
    const { found } = await searched();
    const cells = belowCapacity(planCells(scenario), scenario.search!, found);
    expect(new Set(cells.map(({ load }) => rateOf(load)))).toEqual(new Set([320]));
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
      expect(await capacityWith(raised('connect'))).toBe(1600);
      expect(await capacityWith(raised('traffic'))).toBe(0);
    },
  );

  it('searches arms once whose runs would be the same, and says whose search it is', async () => {
    const twins = parseScenario(
      'search: {from: 100, to: 1600, steps: 2}',
      'quic, {transport: quic, name: quic-moving}, {transport: quic, name: bbr, congestionControl: bbr}',
    );
    const runs: string[] = [];
    const notes: string[] = [];
    const found = await searchCapacities(twins, twins.search!, planCells(twins), {
      run: async (_, planned) => {
        runs.push(planned.arm.name);
        return cell(planned.arm.name, 1000);
      },
      stopped: () => false,
      note: (line) => notes.push(line),
    });
    expect(new Set(runs)).toEqual(new Set(['quic', 'bbr']));
    expect(found.map(({ arm, sharedWith }) => [arm, sharedWith])).toEqual([
      ['quic', undefined],
      ['quic-moving', 'quic'],
      ['bbr', undefined],
    ]);
    expect(found[1]?.probes).toEqual(found[0]?.probes);
    expect(notes.join('\n')).toMatch(/quic-moving@1ms: the same, since without events/);
    expect(withCapacity(cell('quic-moving', 1000), found).notes?.join()).toContain('searched with quic');
  });

  describe('a run that failed', () => {
    const failed = (arm: string) =>
      cell(arm, 1000, { status: 'failed', error: { code: 'MQB_CALIBRATION', message: 'the link is off' } });
    const one = parseScenario('search: {from: 100, to: 1600, steps: 2, hold: [errors == 0]}');
    const search = async (isFailed: (run: number) => boolean) => {
      let run = 0;
      const [found] = await searchCapacities(one, one.search!, planCells(one), {
        run: async () => (isFailed(++run) ? failed('tcp') : cell('tcp', 1000)),
        stopped: () => false,
        note: () => {},
      });
      return { found: found!, runs: run };
    };

    it('is no verdict on its rate: it is tried again, and the search goes on', async () => {
      const { found } = await search((run) => run === 2);
      expect(capacityText(found)).toBe('>= 1,600/s');
      expect(found.caution).toBeUndefined();
      expect(found.probes.slice(0, 3)).toMatchObject([
        { ratePerSecond: 100, held: true },
        { ratePerSecond: 400, failed: true, found: 'the link is off' },
        { ratePerSecond: 400, held: true },
      ]);
    });

    it('twice ends the search, with what is known and a doubt at the number', async () => {
      const { found } = await search((run) => run >= 3);
      expect(found).toMatchObject({ ratePerSecond: 400, caution: 'no verdict at 800/s: the link is off' });
      expect(capacityText(found)).toBe('>= 400/s');
      const told = withCapacity(cell('tcp', 1000), [found]);
      expect(told.doubts).toMatchObject([{ code: 'capacity-unsure', metric: 'rate.capacity' }]);
    });

    it('at once leaves no capacity, not a capacity of 0', async () => {
      const { found, runs } = await search(() => true);
      expect(runs).toBe(2);
      expect(capacityText(found)).toBe('not found');
      expect(withCapacity(cell('tcp', 1000), [found]).metrics.values['rate.capacity']).toBeUndefined();
    });
  });

  it('tells before how many runs and minutes it takes, usually and at most', () => {
    const words = describeScenario(scenario).replace(/\s+/g, ' ');
    // 3 arms, steps 2: 1 + 2 + 1 + 2 runs each, or 3 more.
    expect(words).toMatch(/by 18 runs or fewer when each rate's second run says what its first did, and at most 27 in/);
    const twins = parseScenario('search: {from: 100, to: 1600, steps: 2}', 'quic, {transport: quic, name: moving}');
    const shared = describeScenario(twins).replace(/\s+/g, ' ');
    expect(shared).toContain('by 6 runs');
    expect(shared).toContain('moving@1ms shares the search of quic@1ms');
  });

  it('keeps searches of an earlier run and makes those that are missing', async () => {
    const known = [{ arm: 'tcp', network: '1ms', ratePerSecond: 300, missedPerSecond: 400, probes: [] }];
    const { runs, found } = await searched(Number.POSITIVE_INFINITY, known);
    expect(runs.filter((run) => run.startsWith('tcp'))).toEqual([]);
    expect(found.map(({ arm, ratePerSecond }) => [arm, ratePerSecond])).toEqual([
      ['tcp', 300],
      ['quic', 800],
      ['tls', 0],
    ]);
  });

  it('keeps the rate of the file when no arm holds anything, and stops when told to', async () => {
    const nothing = [{ arm: 'tcp', network: '1ms', ratePerSecond: 0, probes: [] }];
    expect(belowCapacity(planCells(scenario), scenario.search!, nothing)[0]?.load.publish?.pace).toEqual(atRate(7));
    const stopped = await searched(2);
    expect(stopped.runs).toEqual(['tcp 100', 'tcp 400']);
    expect(stopped.found).toEqual([]);
  });
});
