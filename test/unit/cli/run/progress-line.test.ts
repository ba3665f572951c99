import { expect, test } from 'vitest';
import { describeProgress, ProgressLine } from '../../../../src/cli/run/progress-line.js';
import type { RunProgress } from '../../../../src/run/progress.js';

const progress: RunProgress = {
  cellId: 'quic@30ms',
  cellNumber: 3,
  cellCount: 6,
  phase: 'traffic',
  clients: 200,
  load: {
    connected: 198,
    connectedLeast: 198,
    gone: 0,
    failed: 0,
    acknowledged: 1234,
    received: 0,
    inFlight: 3,
    lateSends: 0,
    ackP95Micros: 31_400,
  },
  remainingMicros: 41_200_000,
};

test('the progress line says which cell runs, what it does and how long is left', () => {
  expect(describeProgress(progress)).toBe(
    '[3/6] quic@30ms · traffic · 1,234 acknowledged, P95 31.4 ms · 2 not connected · 42 s left',
  );
});

test('without a terminal there is one line per phase, not one per update', () => {
  const written: string[] = [];
  const line = new ProgressLine({ write: (more) => written.push(more), isTTY: false, columns: 80 });
  line.update(progress);
  line.update({ ...progress, remainingMicros: 40_000_000 });
  line.update({ ...progress, phase: 'drain' });
  expect(written).toHaveLength(2);
});

test('on a terminal the line rewrites itself within the width and leaves nothing behind', () => {
  const written: string[] = [];
  const line = new ProgressLine({ write: (more) => written.push(more), isTTY: true, columns: 40 });
  line.update(progress);
  line.note('done');
  const erase = '\r\x1b[K';
  expect(written.join('')).toBe(`${erase}${describeProgress(progress).slice(0, 39)}${erase}done\n`);
});
