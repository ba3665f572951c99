import { describe, expect, test } from 'vitest';
import type { DirectionCounters, LinkCounters } from '../../src/lab/contract.js';
import {
  calibrationDoubts,
  eventDoubts,
  linkDoubts,
  lossOf,
  overratedRttDoubts,
  refuseOffLink,
} from '../../src/run/doubts.js';

const quiet: DirectionCounters = {
  packetsIn: 1000,
  bytesIn: 100_000,
  packetsOut: 1000,
  bytesOut: 100_000,
  packetsLost: 0,
  packetsOverflowed: 0,
  packetsReordered: 0,
  packetsDuplicated: 0,
  packetsCorrupted: 0,
};
const counters = (up: Partial<DirectionCounters>, down: Partial<DirectionCounters> = {}): LinkCounters => ({
  up: { ...quiet, ...up },
  down: { ...quiet, ...down },
});

describe('what the QUIC library makes of losses is flagged', () => {
  const codes = (transport: string, congestionControl: string, packetsLost: number) =>
    overratedRttDoubts({ transport, congestionControl }, counters({ packetsLost })).map(({ code }) => code);

  test('for QUIC with cubic or reno where packets were lost', () => {
    expect(codes('quic', 'cubic', 20)).toEqual(['quic-overrated-rtt']);
    expect(codes('quic', 'reno', 20)).toEqual(['quic-overrated-rtt']);
  });

  test('not for bbr, other transports, or next to no loss', () => {
    expect([codes('quic', 'bbr', 20), codes('tcp', 'cubic', 20), codes('quic', 'cubic', 1)]).toEqual([[], [], []]);
  });
});

describe('an impairment that did not happen is flagged', () => {
  test('zero drops where loss was asked for', () => {
    const doubts = linkDoubts({ up: { loss: 0.1 }, down: { loss: 0.1 } }, counters({ packetsLost: 98 }));
    expect(doubts.map((doubt) => doubt.code)).toEqual(['impairment-unseen']);
    expect(doubts[0]?.message).toContain('10.0 % loss was asked for downstream, but none of 1000 packets');
  });

  test('not when fewer than five drops could be expected', () => {
    expect(linkDoubts({ up: { loss: 0.001 }, down: {} }, counters({}))).toEqual([]);
  });

  test('no packet through the link at all', () => {
    expect(linkDoubts({ up: {}, down: {} }, counters({ packetsIn: 0 }))).toHaveLength(1);
  });

  test('a queue that overflowed beside the loss asked for', () => {
    const doubts = linkDoubts({ up: {}, down: {} }, counters({ packetsOverflowed: 7 }));
    expect(doubts.map((doubt) => doubt.code)).toEqual(['queue-overflow']);
  });
});

describe('calibration against what was asked for', () => {
  const good = { packets: 200, lost: 0, rttP50Micros: 30_300, rttP95Micros: 31_000, reordered: 0 };
  test('a median within 10 % is believed', () => {
    expect(calibrationDoubts({ up: {}, down: {} }, 30_000, good)).toEqual([]);
  });
  test('a median 4 ms off at 30 ms is a doubt', () => {
    expect(calibrationDoubts({ up: {}, down: {} }, 30_000, { ...good, rttP50Micros: 34_000 })).toHaveLength(1);
  });
  test('20 % measured where 5 % loss each way was asked for is a doubt', () => {
    const profile = { up: { loss: 0.05 }, down: { loss: 0.05 } };
    expect(calibrationDoubts(profile, 30_000, { ...good, lost: 20 })).toEqual([]);
    expect(calibrationDoubts(profile, 30_000, { ...good, lost: 60 })).toHaveLength(1);
  });
});

describe('a link far from the one asked for fails the cell', () => {
  const measured = { packets: 100, lost: 0, rttP50Micros: 30_000, rttP95Micros: 31_000, reordered: 0 };
  test('not when it is merely doubtful', () => {
    expect(() => refuseOffLink({ up: {}, down: {} }, 30_000, { ...measured, rttP50Micros: 45_000 })).not.toThrow();
  });
  test('a median 90 ms off at 30 ms', () => {
    const off = { ...measured, rttP50Micros: 120_000 };
    expect(() => refuseOffLink({ up: {}, down: {} }, 30_000, off)).toThrow(/120 ms \(P50\) where 30.0 ms/);
    expect(() => refuseOffLink({ up: { rateBits: 1e5 }, down: {} }, 30_000, off)).not.toThrow();
  });
  test('no echo at all, unless that was asked for', () => {
    const silent = { ...measured, lost: 100, rttP50Micros: Number.NaN };
    expect(() => refuseOffLink({ up: { loss: 0.1 }, down: {} }, 30_000, silent)).toThrow(/none of 100/);
    expect(() => refuseOffLink({ up: { loss: 1 }, down: {} }, 30_000, silent)).not.toThrow();
  });
});

test('mean loss of a Gilbert-Elliott chain is its stationary share', () => {
  expect(lossOf({ gilbertElliott: { p: 0.01, r: 0.09, oneMinusH: 1, oneMinusK: 0 } })).toBeCloseTo(0.1);
});

test('a rebind that left the outer addresses as they were is an event unseen', () => {
  const record = (after: string) => ({
    name: 'rebind',
    atMicros: 1,
    proof: { kind: 'rebind', outerBefore: ['10.0.0.1'], outerAfter: [after], conntrackBefore: 3, conntrackAfter: 0 },
  });
  expect(eventDoubts([record('10.0.0.2')])).toEqual([]);
  expect(eventDoubts([record('10.0.0.1')]).map((doubt) => doubt.code)).toEqual(['event-unseen']);
});
