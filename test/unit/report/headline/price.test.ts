import { describe, expect, it } from 'vitest';
import { headline } from '../../../../src/report/headline/headline.js';
import type { Cell, Doubt, Result } from '../../../../src/result/types.js';
import { around, cell, metricSet, result } from '../made-up.js';

/** An arm that acknowledges in so many milliseconds and costs its broker so many microseconds a message. */
const arm = (name: string, ackMs: number, cpuMicros: number, repeat = 1, doubts: Doubt[] = []): Cell => ({
  ...cell(name, 30_000, { id: `${name}@30ms#${repeat}`, repeat, doubts }),
  events: [],
  windows: {},
  metrics: metricSet({ 'publish.ack': around(ackMs * 1000 + repeat) }, { 'broker.message.cpu': cpuMicros + repeat }),
});
const told = (...cells: Cell[]): string[] => headline(result(cells)).filter((sentence) => / against /.test(sentence));
const repeated = (name: string, ackMs: number, cpuMicros: number): Cell[] =>
  Array.from({ length: 10 }, (_, i) => arm(name, ackMs, cpuMicros, i + 1));

describe('what the headline says of a difference', () => {
  it('is what an arm has over the first one, and what that costs', () => {
    expect(told(arm('tcp', 200, 650), arm('quic', 30, 990))).toEqual([
      'QUIC against TCP, in one repeat: PUBLISH to PUBACK P50 85 % lower and PUBLISH to PUBACK P95 85 % lower; its price: 52 % more processor time of the broker per message.',
    ]);
  });

  it('is nothing where an arm has nothing over the first one, or there are many', () => {
    expect(told(arm('tcp', 30, 650), arm('tls', 60, 990))).toEqual([]);
    expect(told(...['tcp', 'tls', 'ws', 'quic'].map((name, i) => arm(name, 100 - i * 20, 650)))).toEqual([]);
  });

  it('needs repeats that agree, where there are repeats', () => {
    expect(told(...repeated('tcp', 200, 650), ...repeated('quic', 30, 2000))).toEqual([
      'QUIC against TCP: PUBLISH to PUBACK P50 85 % lower and PUBLISH to PUBACK P95 85 % lower; its price: 3.1 times the processor time of the broker per message.',
    ]);
    const torn = [200, 30, 300, 20].map((ms, i) => arm('quic', ms, 650, i + 1));
    expect(told(...repeated('tcp', 150, 650).slice(0, 4), ...torn)).toEqual([]);
  });

  it('has the doubts about both sides; of one repeat, what is doubted is no difference', () => {
    const doubt: Doubt = { code: 'machine-bound', message: 'other programs used 1.6 of 2 cores' };
    const doubted = repeated('tcp', 200, 650).map((one) => ({ ...one, doubts: [doubt] }));
    expect(told(...doubted, ...repeated('quic', 30, 650))).toEqual([
      'QUIC against TCP: PUBLISH to PUBACK P50 85 % lower ?1 and PUBLISH to PUBACK P95 85 % lower ?1.',
    ]);
    expect(told(arm('tcp', 200, 650, 1, [doubt]), arm('quic', 30, 650))).toEqual([]);
  });

  it('is not told of what is only the least that it can be', () => {
    const slow = arm('tcp', 200, 650);
    const atLeast = { ...around(200_000), outstanding: 3, atLeast: ['p95'] as const };
    const of: Result = result([{ ...slow, metrics: metricSet({ 'publish.ack': atLeast }, {}) }, arm('quic', 30, 650)]);
    expect(headline(of).filter((sentence) => / against /.test(sentence))).toEqual([
      'QUIC against TCP, in one repeat: PUBLISH to PUBACK P50 85 % lower.',
    ]);
  });
});
