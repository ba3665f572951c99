import { describe, expect, it } from 'vitest';
import type { LoadProgress } from '../../../src/load/contract.js';
import type { ProgressEvent } from '../../../src/load/messages.js';
import { Progress } from '../../../src/load/progress.js';
import { noCounts } from '../../../src/load/segment.js';
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
    connectedLeast: 10,
    cut: 0,
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
  it('is told every third step, when the last worker has reported it', () => {
    const told: LoadProgress[] = [];
    const progress = new Progress(2);
    progress.listener = (p) => told.push(p);
    for (let step = 0; step < 3; step++) progress.add(event(0, step, 5, 100));
    for (let step = 0; step < 2; step++) progress.add(event(1, step, 7, 300));
    expect(told).toHaveLength(0);
    progress.add({ ...event(1, 2, 7, 300), connectedLeast: 4 });
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ connected: 20, failed: 1, acknowledged: 36, inFlight: 2, ackP95Micros: 300 });
    expect(told[0]).toMatchObject({ connectedLeast: 14 });
    for (let step = 3; step < 6; step++) for (const worker of [1, 0]) progress.add(event(worker, step, 1, 100));
    expect(told[1]).toMatchObject({ acknowledged: 42, ackP95Micros: 100, connectedLeast: 20 });
  });

  it('adds up to a timeline of 200 ms steps, whatever the order of the reports', () => {
    const progress = new Progress(2);
    for (let step = 0; step < 6; step++) {
      progress.add(event(0, step, 10, 100));
      if (step > 0) progress.add(event(1, step - 1, 20, 200)); // a step behind
    }
    const { series, stepMicros } = progress.timeline();
    expect(stepMicros).toBe(200_000);
    expect(series.acknowledged).toEqual([30, 30, 30, 30, 30, 10]);
    expect(series.connected).toEqual([20, 20, 20, 20, 20, 20]);
    expect(series.ackP50?.[0]).toBe(200);
    expect(series.ackMax).toEqual([200, 200, 200, 200, 200, 100]);
  });

  it('keeps the fewest clients and the cuts of each step, though all are back at its end', () => {
    const progress = new Progress(2);
    for (const worker of [0, 1]) {
      progress.add(event(worker, 0, 1, 100));
      progress.add({ ...event(worker, 1, 0, 100), connectedLeast: worker, cut: 9 });
      progress.add(event(worker, 2, 1, 100));
    }
    const { series } = progress.timeline();
    expect(series.connected).toEqual([20, 20, 20]);
    expect(series.connectedLeast).toEqual([20, 1, 20]);
    expect(series.cut).toEqual([0, 18, 0]);
  });

  it('keeps no histogram of steps that are over', () => {
    const progress = new Progress(1);
    for (let step = 0; step < 2_000; step++) progress.add(event(0, step, 1, 100));
    expect(progress.timeline().series.acknowledged).toHaveLength(2_000);
    expect((progress as unknown as { open: Map<number, unknown> }).open.size).toBeLessThanOrEqual(2);
  });
});
