import { describe, expect, it } from 'vitest';
import { brokerOptions } from '../../../src/run/plan.js';
import { planCells } from '../../../src/scenario/matrix.js';
import { readScenario } from '../../../src/scenario/read.js';
import { unequalTerms } from '../../../src/scenario/terms.js';
import { theoryRoundTrips } from '../../../src/scenario/theory.js';

const read = (arms: string) => readScenario(`title: t\narms: ${arms}\nnetwork: none\nload: {}\n`, 'x.yaml');
const zeroRtt = '{ transport: quic, resumption: early-data';

describe("the broker's policy on early data", () => {
  const scenario = read(`[${zeroRtt} }, ${zeroRtt}, earlyData: hold }, ${zeroRtt}, earlyData: reject }]`);

  it('is told to the broker, and what is rejected saves no round trip', () => {
    const cells = planCells(scenario);
    expect(cells.map(({ arm }) => arm.name)).toEqual(['quic-0rtt', 'quic-0rtt-hold', 'quic-0rtt-reject']);
    expect(cells.map((cell) => brokerOptions(cell, undefined, '::1').earlyData)).toEqual([undefined, 'hold', 'reject']);
    const trips = cells.map(({ arm, load }) => theoryRoundTrips(arm, load)['reconnect.retry']);
    expect(trips).toEqual([1, 1, 2]);
  });

  it('is printed where arms differ in it', () => {
    expect(unequalTerms(scenario)).toEqual([
      'early data: accepted on quic-0rtt; held where a replay does harm on quic-0rtt-hold; rejected on quic-0rtt-reject',
    ]);
  });

  it('means nothing to an arm without early data', () => {
    expect(() => read('[{ transport: quic, resumption: ticket, earlyData: hold }]')).toThrow(/arms\[0\]\.earlyData/);
  });
});
