import { describe, expect, test } from 'vitest';
import { codeOf } from '../../../src/base/errors.js';
import type { Impairment } from '../../../src/lab/contract.js';
import { lineBytes } from '../../../src/lab/emulator/elements/rate.js';
import { parseTrace } from '../../../src/lab/emulator/elements/trace.js';
import { parseNetem } from '../../../src/lab/netem/parse.js';
import { impairmentText, netemText } from '../../../src/lab/netem/text.js';
import { burstLoss, namedProfiles, profileNamed } from '../../../src/lab/profiles.js';
import { checkProfile, mistakesOf } from '../../../src/lab/validate.js';
import { fc } from '../../helpers/properties.js';
import { drive, steady } from './emulator/link.js';

function errorOf(action: () => unknown): { code: string; message: string; hint?: string; exitCode: number } {
  try {
    action();
  } catch (error) {
    return { ...(error as object), code: codeOf(error), message: (error as Error).message } as never;
  }
  throw new Error('it did not fail');
}

describe('what tc is told', () => {
  test.each<[Impairment, string]>([
    [{}, 'limit 1000'],
    [{ delayMicros: 15_000 }, 'limit 3750 delay 15000us'],
    [
      { delayMicros: 100_000, jitterMicros: 20_000, jitterDistribution: 'normal', jitterCorrelation: 0.25 },
      'limit 45000 delay 100000us 20000us 25% distribution normal',
    ],
    [{ delayMicros: 1000, jitterMicros: 500, jitterDistribution: 'uniform' }, 'limit 1000 delay 1000us 500us'],
    // The kernel compares with this, and with a correlation loses fewer than that share: 21.5 % lets it lose 10 %.
    [{ loss: 0.1, lossCorrelation: 0.3 }, 'limit 1000 loss 21.540108% 30%'],
    [
      { gilbertElliott: { p: 0.01, r: 0.2, oneMinusH: 1, oneMinusK: 0.001 } },
      'limit 1000 loss gemodel 1% 20% 100% 0.1%',
    ],
    [
      { delayMicros: 10_000, reorder: 0.25, reorderCorrelation: 0.5, reorderGap: 5 },
      'limit 2500 delay 10000us reorder 37.313052% 50% gap 5',
    ],
    [{ duplicate: 0.01, corrupt: 0.002 }, 'limit 1000 corrupt 0.2% duplicate 1%'],
    // The queue asked for, and beside it what is in flight at the rate: 10 Mbit/s × 100 ms in packets of 300 bytes.
    [{ rateBits: 10e6, delayMicros: 100_000, queuePackets: 50 }, 'limit 467 delay 100000us rate 10000000bit -14'],
    [{ slot: { waitMicros: 900, jitterMicros: 100 } }, 'limit 1000 slot 800us 1000us'],
    [
      { delayMicros: 1000, slot: { waitMicros: 20_000, packets: 8, bytes: 12_000 } },
      'limit 5250 delay 1000us slot 20000us packets 8 bytes 12000',
    ],
    [
      { slot: { waitMicros: 5000, jitterMicros: 1000, distribution: 'pareto' } },
      'limit 2250 slot distribution pareto 5000us 1000us',
    ],
    // The kernel takes a distribution without jitter for no slots at all.
    [{ slot: { waitMicros: 5000, distribution: 'normal' } }, 'limit 1250 slot 5000us'],
    // 100 ms at 12 Mbit/s are 100 packets of 1,500 bytes.
    [{ rateBits: 12e6, queueMicros: 100_000 }, 'limit 100 rate 12000000bit -14'],
  ])('%j', (settings, text) => {
    expect(netemText(settings)).toBe(text);
  });

  const percent = fc.integer({ min: 1, max: 10_000 }).map((n) => n / 10_000);
  test('reads back as what was meant', () => {
    const settings = fc.record(
      {
        delayMicros: fc.integer({ min: 1, max: 3_000_000 }),
        jitterMicros: fc.integer({ min: 1, max: 300_000 }),
        jitterDistribution: fc.constantFrom('normal' as const, 'pareto' as const),
        jitterCorrelation: percent,
        loss: percent,
        lossCorrelation: percent,
        reorder: percent,
        reorderGap: fc.integer({ min: 2, max: 20 }),
        duplicate: percent,
        corrupt: percent,
        rateBits: fc.integer({ min: 8000, max: 1_000_000_000 }),
      },
      { requiredKeys: ['delayMicros', 'jitterMicros', 'loss', 'reorder'] },
    );
    fc.assert(
      fc.property(settings, (meant) => {
        const read = parseNetem(impairmentText(meant));
        expect(Object.keys(read).sort()).toEqual(Object.keys(meant).sort());
        for (const [name, value] of Object.entries(meant)) {
          const got = read[name as keyof typeof read];
          if (typeof value === 'number') expect(got).toBeCloseTo(value, 6);
          else expect(got).toBe(value);
        }
      }),
    );
  });

  test('for a person it is what was asked for: no flight in the limit, no threshold of a correlation', () => {
    const asked = { delayMicros: 10_000, rateBits: 10e6, queuePackets: 200, loss: 0.1, lossCorrelation: 0.3 };
    expect(impairmentText(asked)).toBe('delay 10000us loss 10% 30% rate 10000000bit limit 200');
    expect(impairmentText({})).toBe('nothing');
  });

  test('a word that netem does not know is named', () => {
    const { code, message, exitCode } = errorOf(() => parseNetem('delay 10ms lose 1%'));
    expect([code, exitCode]).toEqual(['MQB_LAB_PROFILE', 2]);
    expect(message).toContain('"lose"');
  });
});

describe('named networks', () => {
  test('each is possible and says where its numbers are from', () => {
    expect([...namedProfiles().keys()]).toEqual(
      expect.arrayContaining(['lan', 'wifi', '4g', '3g', 'satellite', 'emqx-lossy', 'bursty']),
    );
    for (const profile of namedProfiles().values()) {
      expect(mistakesOf(profile), profile.name).toEqual([]);
      expect(profile.source, profile.name).not.toBe('');
    }
  });

  test('the figures are those of the file', () => {
    expect(profileNamed('3g').up).toEqual({ delayMicros: 150_000, rateBits: 768_000 });
    expect(profileNamed('emqx-lossy').down).toEqual({ delayMicros: 15_000, loss: 0.1, reorder: 0.2 });
  });

  test.each([
    ['satelite', 'satellite'],
    ['emqx-losy', 'emqx-lossy'],
    ['wfii', 'wifi'],
    ['sat', 'satellite'],
  ])('%s is suggested to mean %s', (typed, meant) => {
    expect(errorOf(() => profileNamed(typed)).hint).toBe(`did you mean ${meant}?`);
  });

  test('without a near name all are listed', () => {
    expect(errorOf(() => profileNamed('carrier-pigeon')).hint).toContain('known are perfect, lan, wifi');
  });
});

describe('impossible networks are refused with the reason', () => {
  test.each<[Impairment, RegExp]>([
    [{ loss: 1.2 }, /loss: 120 % is not between 0 and 100 %/],
    [{ loss: -0.1 }, /not between/],
    [{ reorder: 0.2 }, /reorder needs delayMicros: a packet overtakes by not waiting/],
    [{ rateBits: -5 }, /rateBits: -5 is negative/],
    [{ rateBits: 0 }, /blackout/],
    [{ jitterMicros: 10 }, /jitterMicros needs delayMicros/],
    [{ loss: 0.1, gilbertElliott: { p: 0.1, r: 0.1, oneMinusH: 1, oneMinusK: 0 } }, /one model of loss/],
    [{ queueMicros: 1000 }, /nothing queues where nothing is slow/],
    [{ trace: [5, 3] }, /rising/],
    [{ slot: { waitMicros: -1 } }, /slot.waitMicros: -1 is negative/],
    [{ slot: { waitMicros: 1000, jitterMicros: 2000 } }, /the jitter of a slot is at most its wait/],
    [{ slot: { waitMicros: 1000, packets: 0 } }, /slot.packets: 0 is not 1 or more/],
    [{ gilbertElliott: { p: 2, r: 0.1, oneMinusH: 1, oneMinusK: 0 } }, /gilbertElliott.p: 200 %/],
  ])('%j', (down, reason) => {
    expect(errorOf(() => checkProfile({ up: {}, down })).message).toMatch(reason);
  });

  test('all reasons at once', () => {
    expect(mistakesOf({ up: { loss: 2, rateBits: -1 }, down: { reorder: 0.5 }, mtu: 100 })).toHaveLength(4);
  });
});

describe('burst loss as people say it', () => {
  test('2 % in bursts of 5', () => {
    const gilbertElliott = burstLoss(0.02, 5);
    const { lane } = drive({ gilbertElliott }, steady(200_000, 10));
    expect(lane.counters.packetsLost / 200_000).toBeGreaterThan(0.018);
    expect(lane.counters.packetsLost / 200_000).toBeLessThan(0.022);
    expect(gilbertElliott.r).toBe(0.2);
  });

  test('bursts too short for so much loss are refused', () => {
    expect(errorOf(() => burstLoss(0.5, 1.5)).message).toContain('2 packets or more');
    expect(errorOf(() => burstLoss(1, 5)).message).toContain('less than 100 %');
  });
});

describe('a recorded link', () => {
  const trace = parseTrace('1\n2\n2\n10\n', 'test.trace');

  test('lets 1,500 bytes go at each recorded moment, and repeats', () => {
    const { deliveries } = drive({ trace }, steady(6, 0, 1500));
    expect(deliveries.map(({ at }) => at)).toEqual([1000, 2000, 2000, 10_000, 11_000, 12_000]);
  });

  test('small packets share a moment, large ones take several', () => {
    expect(drive({ trace }, steady(16, 0, 100)).deliveries.map(({ at }) => at)).toEqual([
      ...Array.from({ length: 15 }, () => 1000),
      2000,
    ]);
    expect(drive({ trace }, steady(2, 0, 2000)).deliveries.map(({ at }) => at)).toEqual([2000, 2000]);
  });

  test('moments that nobody used are lost', () => {
    const { deliveries } = drive({ trace }, [
      { at: 0, length: 1500 },
      { at: 3000, length: 1500 },
    ]);
    expect(deliveries.map(({ at }) => at)).toEqual([1000, 10_000]);
  });

  test('a full queue drops', () => {
    expect(drive({ trace, queuePackets: 3 }, steady(10, 0, 1500)).lane.counters.packetsOverflowed).toBe(7);
    expect(drive({ trace, queueMicros: 2000 }, steady(10, 0, 1500)).lane.counters.packetsOverflowed).toBe(7);
  });

  test.each(['1\n0\n', 'x\n', '0\n0\n', ''])('a file that is not one is refused: %j', (text) => {
    expect(errorOf(() => parseTrace(text, 'test.trace')).code).toBe('MQB_LAB_TRACE');
  });
});

describe('words of man pages and blogs', () => {
  test.each<[string, Impairment]>([
    ['delay 20msec 500usec', { delayMicros: 20_000, jitterMicros: 500 }],
    ['delay 1sec', { delayMicros: 1_000_000 }],
    ['delay 2secs 10msecs 25%', { delayMicros: 2_000_000, jitterMicros: 10_000, jitterCorrelation: 0.25 }],
    ['loss random 1%', { loss: 0.01 }],
    // What is left out is 1 - p (tc-netem(8)): with 0 the link would stay bad after the first loss.
    ['loss gemodel 1%', { gilbertElliott: { p: 0.01, r: 0.99, oneMinusH: 1, oneMinusK: 0 } }],
    ['loss gemodel 1% 10% 70% 0.1%', { gilbertElliott: { p: 0.01, r: 0.1, oneMinusH: 0.7, oneMinusK: 0.001 } }],
    ['loss state 1% 10%', { gilbertElliott: { p: 0.01, r: 0.1, oneMinusH: 1, oneMinusK: 0 } }],
    ['loss state 1%', { gilbertElliott: { p: 0.01, r: 0.99, oneMinusH: 1, oneMinusK: 0 } }],
    ['loss state 1% 10% 0% 100% 0%', { gilbertElliott: { p: 0.01, r: 0.1, oneMinusH: 1, oneMinusK: 0 } }],
    ['slot 20ms', { slot: { waitMicros: 20_000 } }],
    ['slot 800us 1ms', { slot: { waitMicros: 900, jitterMicros: 100 } }],
    ['slot 1ms 1ms packets 0 bytes 0', { slot: { waitMicros: 1000 } }],
    [
      'slot 10ms 20ms packets 3 bytes 4000 delay 1ms',
      { slot: { waitMicros: 15_000, jitterMicros: 5000, packets: 3, bytes: 4000 }, delayMicros: 1000 },
    ],
    [
      'delay 9ms 1ms distribution pareto slot distribution normal 20msec 5msec bytes 1500',
      {
        ...{ delayMicros: 9000, jitterMicros: 1000, jitterDistribution: 'pareto' },
        slot: { waitMicros: 20_000, jitterMicros: 5000, distribution: 'normal', bytes: 1500 },
      },
    ],
    ['rate 5kbit 0', { rateBits: 5_000 }],
    [
      'rate 5kbit 20 100 5',
      { rateBits: 5_000, rateOverhead: { packetBytes: 20, cellBytes: 100, cellOverheadBytes: 5 } },
    ],
    [
      'rate 1mbit -4 delay 1ms',
      { rateBits: 1e6, rateOverhead: { packetBytes: -4, cellBytes: 0, cellOverheadBytes: 0 }, delayMicros: 1000 },
    ],
  ])('%s is understood', (text, settings) => {
    expect(parseNetem(text)).toEqual(settings);
  });

  test.each([
    ['loss state 1% 10% 5%', /four states/, /gemodel/],
    ['slot 2ms 1ms', /at least 2000 µs and at most 1000 µs, which is less/, /tc-netem/],
    ['slot', /"slot" ends too early/, /tc-netem/],
    ['slot distribution cauchy 1ms 1ms', /known are uniform, normal, pareto/, /tc-netem/],
    ['slot 1ms packets few', /"few" is not a whole number/, /tc-netem/],
    ['delay 1ms ecn', /marks packets/, /leave it out/],
    ['loss gemodel 1% 2% 3% 4% 5%', /of 5 shares in a row 4 are known/, /tc-netem/],
    ['delay 20parsec', /not a duration/, /./],
    ['delay 1constructor', /not a duration/, /./],
  ])('%s is refused with what to do instead', (text, message, hint) => {
    const error = errorOf(() => parseNetem(text));
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
    expect(error.hint ?? error.message).toMatch(hint);
  });
});

describe('the bytes that a packet has on the line', () => {
  const overhead = (packetBytes: number, cellBytes = 0, cellOverheadBytes = 0) => ({
    packetBytes,
    cellBytes,
    cellOverheadBytes,
  });

  test('are told to the kernel, which counts the header of Ethernet too', () => {
    expect(netemText({ rateBits: 5000, rateOverhead: overhead(20, 100, 5) })).toMatch(/rate 5000bit 6 100 5$/);
    expect(netemText({ rateBits: 5000, rateOverhead: overhead(14) })).toMatch(/rate 5000bit$/);
    expect(impairmentText({ rateBits: 5000, rateOverhead: overhead(20, 100, 5) })).toBe('rate 5000bit 20 100 5');
  });

  test('are sent by the emulator', () => {
    expect(lineBytes(1000, undefined)).toBe(1000);
    expect(lineBytes(1000, overhead(20))).toBe(1020);
    expect(lineBytes(40, overhead(-60))).toBe(0);
    // ATM: 48 bytes in each cell of 53.
    expect(lineBytes(1000, overhead(8, 48, 5))).toBe(21 * 53);
    expect(lineBytes(952, overhead(8, 48, 5))).toBe(20 * 53);
    const delays = (rateOverhead: Impairment['rateOverhead']) =>
      drive({ rateBits: 8e6, rateOverhead }, [{ at: 0, length: 1000 }]).deliveries[0]?.at;
    expect(delays(undefined)).toBe(1000);
    expect(delays(overhead(8, 48, 5))).toBe(1113);
  });
});
