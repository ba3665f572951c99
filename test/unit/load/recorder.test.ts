import { describe, expect, it } from 'vitest';
import { Recorder } from '../../../src/load/recorder.js';

describe('measure windows', () => {
  it('cut at the agreed instant, however late a worker looks', () => {
    const recorder = new Recorder(0, () => {});
    recorder.boundary('before', 100, 50);
    recorder.boundary('after', 200, 60);
    recorder.boundary(null, 300, 70);
    for (const at of [99, 100, 199, 200, 299, 300, 450]) {
      recorder.roll(at);
      recorder.current.ack.record(at);
      recorder.current.counts.acknowledged++;
    }
    const segments = recorder.segments(500);
    expect(segments.map((s) => [s.name, s.fromMicros, s.toMicros, s.counts.acknowledged])).toEqual([
      [null, 0, 100, 1],
      ['before', 100, 200, 2],
      ['after', 200, 300, 2],
      [null, 300, 500, 2],
    ]);
    expect(recorder.totals().acknowledged).toBe(7);
  });

  it('closes several windows that passed while the loop was held up', () => {
    const recorder = new Recorder(0, () => {});
    recorder.boundary('a', 10, 5);
    recorder.boundary('b', 20, 5);
    recorder.roll(1_000);
    expect(recorder.segments(1_000).map((s) => s.name)).toEqual([null, 'a', 'b']);
  });

  it('says how late an order came', () => {
    const recorder = new Recorder(0, () => {});
    expect(recorder.boundary('a', 100, 40)).toBe(0);
    expect(recorder.boundary('b', 200, 260)).toBe(60);
    expect(recorder.current.name).toBe('b');
  });

  it('lets gaps be closed in the segment that ends', () => {
    const ended: (string | null)[] = [];
    const recorder = new Recorder(0, (segment, at) => {
      ended.push(segment.name);
      segment.record('delivery.gap', at);
    });
    recorder.boundary('a', 10, 0);
    recorder.boundary(null, 20, 0);
    recorder.roll(30);
    expect(ended).toEqual([null, 'a']);
    expect(recorder.segments(30)[1]?.histograms['delivery.gap']?.max).toBe(20);
  });
});
