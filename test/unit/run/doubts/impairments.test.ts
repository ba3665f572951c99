import { describe, expect, test } from 'vitest';
import { Random } from '../../../../src/base/numbers/random.js';
import type { Impairment } from '../../../../src/lab/contract.js';
import { Lane } from '../../../../src/lab/emulator/lane.js';
import type { DirectionDraws } from '../../../../src/lab/reading.js';
import { impairmentDoubts } from '../../../../src/run/doubts/impairments.js';
import type { LinkPhase } from '../../../../src/run/usage/phases.js';
import { linkPhase, stretch } from './link-phases.js';

const loss = (tried: number, hit: number): DirectionDraws => ({ loss: { tried, hit } });
const codes = (phases: readonly LinkPhase[], backend: 'tun' | 'netem' = 'tun') =>
  impairmentDoubts(phases, backend).map(({ code, window, phase }) => `${code} ${window ?? phase ?? 'cell'}`);

describe('an impairment that is not the one asked for', () => {
  test('a perfect link asked for 10 % loss was not hit, and says so where', () => {
    const doubts = impairmentDoubts([linkPhase('bad', { loss: 0.1 }, loss(500, 0))], 'tun');
    expect(doubts).toMatchObject([{ code: 'impairment-unseen', window: 'bad' }]);
    expect(doubts[0]?.message).toBe('none of 500 packets up were lost in "bad" where 10.0 % was asked for');
  });

  test('none may honestly be hit where a few could have been', () => {
    expect(codes([linkPhase('bad', { loss: 0.001 }, loss(5000, 0))])).toEqual([]);
  });

  test.each([
    [125, []],
    [100, []],
    [60, ['impairment-off bad']],
    [140, ['impairment-off bad']],
  ])('of 1,000 packets that 10 in 100 were to be lost of, %d were: %j', (hit, expected) => {
    expect(codes([linkPhase('bad', { loss: 0.1 }, loss(1000, hit))])).toEqual(expected);
  });

  test.each<Impairment>([{ loss: 0.05 }, { delayMicros: 100, reorder: 0.1 }, { duplicate: 0.05 }, { corrupt: 0.05 }])(
    'a link that ignores %j is asked for it all the same',
    (asked) => {
      const [perfect] = honest({}, 1, [500]);
      expect(codes([linkPhase('bad', asked, perfect!.stretches[0]!.up)])).toEqual(['impairment-unseen bad']);
    },
  );

  test('one packet of a million is not "seen"', () => {
    expect(codes([linkPhase('connect', { duplicate: 0.05 }, { duplicate: { tried: 1e6, hit: 1 } })])).toEqual([
      'impairment-off connect',
    ]);
  });

  test('each profile is judged by what it asked for, also after events inside one window', () => {
    const window: LinkPhase = {
      name: 'all',
      stretches: [stretch({}, loss(5000, 0)), stretch({ loss: 0.1 }, loss(3000, 301)), stretch({}, loss(5000, 0))],
    };
    expect(codes([window])).toEqual([]);
    const ignored = { ...window, stretches: [stretch({}, loss(5000, 0)), stretch({ loss: 0.1 }, loss(3000, 0))] };
    expect(codes([ignored])).toEqual(['impairment-unseen all']);
  });

  test('what no window shows by itself, all together do', () => {
    const phases = Array.from({ length: 12 }, (_, i) => linkPhase(`w${i}`, { loss: 0.1 }, loss(1000, 118)));
    expect(codes(phases.slice(0, 1))).toEqual([]);
    expect(codes(phases)).toEqual(['impairment-off cell']);
  });

  test('what the backend does not count is not judged', () => {
    expect(codes([linkPhase('bad', { corrupt: 0.5, duplicate: 0.5 }, loss(1000, 0))], 'netem')).toEqual([]);
  });

  test('netem loses one of two copies, and drops what does not fit into its queue', () => {
    const both = { loss: 0.1, duplicate: 0.5 };
    expect(codes([linkPhase('bad', both, loss(100_000, 9500))], 'netem')).toEqual([]);
    expect(codes([linkPhase('bad', both, loss(100_000, 10_000))], 'netem')).toEqual(['impairment-off bad']);
    const slow = { loss: 0.1, rateBits: 1e6 };
    expect(codes([linkPhase('bad', slow, loss(1000, 300))], 'netem')).toEqual([]);
    expect(codes([linkPhase('bad', slow, loss(1000, 300))], 'tun')).toEqual(['impairment-off bad']);
    expect(codes([linkPhase('bad', slow, loss(1000, 30))], 'netem')).toEqual(['impairment-off bad']);
  });
});

/** What the emulator itself counts of so many packets in each of some phases. */
function honest(settings: Impairment, seed: number, packets: readonly number[]): LinkPhase[] {
  const lane = new Lane(settings, seed, 64, 128);
  let now = 0;
  return packets.map((count, i) => {
    for (let k = 0; k < count; k++) {
      now += 1000;
      const slot = lane.slots.take();
      lane.slots.memory[slot * 128] = 0x45;
      lane.came(slot, 100, now);
      for (let due = lane.pop(now); due >= 0; due = lane.pop(now)) lane.left(due, true);
    }
    return linkPhase(`phase ${i}`, settings, lane.takeDraws());
  });
}

describe('an honest link is doubted in one run of a thousand', () => {
  test.each<[string, number, Impairment]>([
    ['independent', 2500, { delayMicros: 5000, loss: 0.1, reorder: 0.2, duplicate: 0.02, corrupt: 0.01 }],
    ['rare', 1500, { loss: 0.002 }],
    ['bursts', 400, { gilbertElliott: { p: 0.01, r: 0.2, oneMinusH: 1, oneMinusK: 0.001 } }],
    [
      'correlated',
      80,
      { delayMicros: 5000, loss: 0.05, lossCorrelation: 0.25, reorder: 0.3, reorderCorrelation: 0.25 },
    ],
  ])('%s draws: %d runs', (_, runs, settings) => {
    const random = new Random(11);
    let doubted = 0;
    for (let run = 0; run < runs; run++) {
      const packets = [50 + random.below(300), 50 + random.below(1000), 20 + random.below(100)];
      if (impairmentDoubts(honest(settings, run, packets), 'tun').length > 0) doubted++;
    }
    // 2.5 are to be expected of 2,500; six or more come once in 25 such tests, eight once in 240.
    expect(doubted).toBeLessThanOrEqual(Math.max(1, Math.ceil(runs * 0.003)));
  });

  test.each<[string, Impairment, Impairment]>([
    ['half the loss', { loss: 0.1 }, { loss: 0.05 }],
    ['half the bursts', { gilbertElliott: { p: 0.02, r: 0.2, oneMinusH: 1, oneMinusK: 0 } }, { loss: 0.03 }],
    ['twice the reordering', { delayMicros: 5000, reorder: 0.1 }, { delayMicros: 5000, reorder: 0.2 }],
    ['none of the bursts', { gilbertElliott: { p: 0.02, r: 0.2, oneMinusH: 1, oneMinusK: 0 } }, {}],
  ])('and a link with %s is found in 3,000 packets', (_, asked, done) => {
    let found = 0;
    for (let seed = 0; seed < 20; seed++) {
      const [phase] = honest(done, seed, [3000]);
      if (impairmentDoubts([linkPhase('bad', asked, phase!.stretches[0]!.up)], 'tun').length > 0) found++;
    }
    expect(found).toBeGreaterThanOrEqual(19);
  });
});
