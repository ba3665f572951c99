import { describe, expect, it } from 'vitest';
import type { LoadProgress } from '../../../src/load/contract.js';
import type { ProgressEvent } from '../../../src/load/messages.js';
import { Progress } from '../../../src/load/progress.js';
import { noCounts } from '../../../src/load/recorder.js';
import { Histogram } from '../../../src/metrics/histogram.js';

const none = new Histogram().toData();

function event(worker: number, step: number, acknowledged: number, latency: number): ProgressEvent {
  const ack = new Histogram();
  for (let i = 0; i < acknowledged; i++) ack.record(latency);
  const counts = { ...noCounts(), acknowledged };
  return {
    worker,
    step,
    connectedNow: 10,
    everConnected: 10,
    gone: 0,
    failed: worker,
    inFlight: 1,
    lateSends: 0,
    counts,
    ack: ack.toData(),
    e2e: none,
    connack: none,
  };
}

describe('progress of several workers', () => {
  it('is told once per step, when the last worker has reported it', () => {
    const told: LoadProgress[] = [];
    const progress = new Progress(2);
    progress.listener = (p) => told.push(p);
    progress.add(event(0, 0, 5, 100));
    expect(told).toHaveLength(0);
    progress.add(event(1, 0, 7, 300));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ connected: 20, failed: 1, acknowledged: 12, inFlight: 2, ackP95Micros: 300 });
    progress.add(event(1, 1, 1, 100));
    progress.add(event(0, 1, 1, 100));
    expect(told[1]).toMatchObject({ acknowledged: 14, ackP95Micros: 100 });
  });

  it('adds up to a timeline per second, whatever the order of the reports', () => {
    const progress = new Progress(2);
    for (let step = 0; step < 6; step++) {
      progress.add(event(0, step, 10, 100));
      if (step > 0) progress.add(event(1, step - 1, 20, 200)); // half a second behind
    }
    const { series, stepMicros } = progress.timeline();
    expect(stepMicros).toBe(1e6);
    expect(series.acknowledged?.reduce((a, b) => a + b, 0)).toBe(6 * 10 + 5 * 20);
    expect(series.acknowledged?.slice(0, 2)).toEqual([60, 60]);
    expect(series.ackP50?.[0]).toBe(200);
    expect(series.ackMax?.every((max) => max === 200)).toBe(true);
  });

  it('keeps no histogram of seconds that are over', () => {
    const progress = new Progress(1);
    for (let step = 0; step < 2_000; step++) progress.add(event(0, step, 1, 100));
    expect(progress.timeline().series.acknowledged).toHaveLength(1_000);
    expect((progress as unknown as { open: Map<number, unknown> }).open.size).toBeLessThanOrEqual(2);
  });
});
