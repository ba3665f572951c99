import { describe, expect, it } from 'vitest';
import { ProgressLine } from '../../../src/cli/progress-line.js';
import type { LoadProgress } from '../../../src/load/contract.js';
import type { RunProgress } from '../../../src/run/progress.js';

const loadAt = (acknowledged: number): LoadProgress => ({
  connected: 198,
  connectedLeast: 198,
  gone: 0,
  failed: 0,
  acknowledged,
  received: 0,
  inFlight: 3,
  lateSends: 0,
  ackP95Micros: 31_400,
});
const progress: RunProgress = {
  cellId: 'quic@30ms',
  cellNumber: 3,
  cellCount: 6,
  phase: 'traffic',
  clients: 200,
  load: loadAt(1234),
  remainingMicros: 41_200_000,
};

function watch(of: 'cells' | 'load', isTTY: boolean, columns = 80) {
  const written: string[] = [];
  let now = 0;
  const line = new ProgressLine({ write: (text) => void written.push(text), isTTY, columns }, of, () => now);
  const at = (seconds: number, given: RunProgress): string => {
    now = seconds * 1e6;
    line.update(given);
    return line.text;
  };
  return { written, line, at };
}

describe('the progress of a run of cells', () => {
  it('says which cell runs, what it does and how long is left, in rates as soon as there are any', () => {
    const { at } = watch('cells', true);
    expect(at(1, progress)).toBe(
      '[3/6] quic@30ms · traffic · 198 of 200 connected · 1,234 acknowledged, P95 31.4 ms, 3 in flight · 42 s left',
    );
    expect(at(3, { ...progress, load: loadAt(1434) })).toBe(
      '[3/6] quic@30ms · traffic · 198 of 200 connected · 100/s acknowledged, P95 31.4 ms, 3 in flight · 42 s left',
    );
    const next = { ...progress, cellId: 'tcp@30ms', load: loadAt(0) };
    expect(at(9, next)).toContain(' 0 acknowledged'); // a load of its own, of which there is no rate yet
    expect(at(9, { ...progress, phase: 'connect' })).toBe(
      '[3/6] quic@30ms · connecting · 198 of 200 connected · 42 s left',
    );
  });

  it('is without a terminal one line per phase, not one per update', () => {
    const { written, at } = watch('cells', false);
    at(1, progress);
    at(3, { ...progress, remainingMicros: 40_000_000 });
    at(5, { ...progress, phase: 'drain' });
    expect(written).toHaveLength(2);
  });

  it('rewrites itself on a terminal within its width, and leaves nothing behind', () => {
    const { written, line, at } = watch('cells', true, 40);
    at(1, progress);
    expect(written).toEqual([
      '[3/6] quic@30ms · traffic\n  198 of 200 connected\n  1,234 acknowledged, P95 31.4 ms, 3 in\n  42 s left\n',
    ]);
    line.note('done');
    expect(written.slice(1)).toEqual(['\u001b[4A\u001b[J', 'done\n']);
    line.clear();
    expect(written).toHaveLength(3);
  });
});

describe('the progress of a load by hand', () => {
  const load = (acknowledged: number): RunProgress => ({
    ...progress,
    load: { ...loadAt(acknowledged), failed: 1, received: acknowledged - 1, lateSends: 2 },
    remainingMicros: undefined,
  });

  it('is one line a second with rates of that second, however often reports come', () => {
    const { written, at } = watch('load', false);
    at(1, load(100));
    at(1.5, load(150));
    at(2, load(220));
    expect(written).toEqual([
      '   1 s · traffic · 198 of 200 connected · 1 failed · 100 acknowledged, P95 31.4 ms, 3 in flight · 99 received · 2 sent late\n',
      '   2 s · traffic · 198 of 200 connected · 1 failed · 120/s acknowledged, P95 31.4 ms, 3 in flight · 120/s received · 2 sent late\n',
    ]);
  });

  it('tells of QoS 0 what was sent, and of clients that only stay who is there', () => {
    const { at } = watch('load', true);
    const quiet = { ...loadAt(0), inFlight: 0 };
    expect(at(1, { ...load(0), load: { ...quiet, sent: 7 } })).toMatch(/connected · 7 sent$/);
    expect(at(2, { ...load(0), load: quiet })).toBe('   2 s · traffic · 198 of 200 connected');
  });
});
