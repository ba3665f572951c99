import { describe, expect, it } from 'vitest';
import { LoadLine } from '../../../../../src/cli/load/screen/line.js';
import type { LoadProgress } from '../../../../../src/load/contract.js';
import type { LoadPlan } from '../../../../../src/plan/plan.js';
import { atRate } from '../../../../helpers/plans.js';

const plan = { clients: 200, publish: { qos: 1, pace: atRate(100) }, subscribe: { topic: 't', qos: 1 } } as LoadPlan;
const progress = (acknowledged: number): LoadProgress => ({
  gone: 0,
  connected: 200,
  connectedLeast: 200,
  failed: 0,
  acknowledged,
  received: acknowledged - 1,
  inFlight: 3,
  lateSends: 2,
  ackP95Micros: 2_400,
});

function watch(isTTY: boolean) {
  const written: string[] = [];
  let now = 0;
  const line = new LoadLine({ write: (text) => void written.push(text), isTTY, columns: 60 }, plan, () => now, 0);
  return {
    written,
    line,
    at: (seconds: number, acknowledged: number) => {
      now = seconds * 1e6;
      line.update(progress(acknowledged));
    },
  };
}

describe('the live line', () => {
  it('is one line a second with rates of that second, however often reports come', () => {
    const { written, at } = watch(false);
    at(1, 100);
    at(1.5, 150);
    at(2, 220);
    expect(written).toEqual([
      '   1 s  connected 200/200  failed 0  acked -  received -  ack P95 2.40 ms  in flight 3  late 2\n',
      '   2 s  connected 200/200  failed 0  acked 120/s  received 120/s  ack P95 2.40 ms  in flight 3  late 2\n',
    ]);
  });

  it('rewrites three lines on a terminal, none wider than it, and removes them at the end', () => {
    const { written, line, at } = watch(true);
    at(1, 100);
    at(2, 200);
    expect(written[0]?.split('\n')).toHaveLength(4);
    expect(written[1]?.startsWith('\u001b[3A')).toBe(true);
    for (const each of written[1]?.slice(4).split('\n') ?? []) expect(each.length).toBeLessThanOrEqual(60 + 4);
    line.clear();
    expect(written[2]).toBe('\u001b[3A\u001b[J');
    line.clear();
    expect(written).toHaveLength(3);
  });
});
