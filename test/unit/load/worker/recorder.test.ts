import { describe, expect, it } from 'vitest';
import { Recorder } from '../../../../src/load/worker/recorder.js';

describe('measure windows', () => {
  it('cut at the agreed instant, however late a worker looks', () => {
    const recorder = new Recorder(0, 1);
    recorder.boundary('before', 100, 50);
    recorder.boundary('after', 200, 60);
    recorder.boundary(null, 300, 70);
    for (const at of [99, 100, 199, 200, 299, 300, 450]) {
      const segment = recorder.at(at);
      segment.ack.record(at);
      segment.counts.acknowledged++;
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

  it('take what was due in them for as long as it takes', () => {
    const recorder = new Recorder(0, 1);
    for (const [name, at] of [
      ['before', 100],
      ['blackout', 200],
      ['after', 300],
    ] as const)
      recorder.boundary(name, at, 0);
    expect(recorder.at(450).name).toBe('after');
    recorder.at(250).ack.record(200);
    recorder.at(150).ack.record(10);
    recorder.at(50).ack.record(10);
    const counts = recorder.segments(500).map((s) => [s.name, s.histograms['publish.ack']?.max]);
    expect(counts).toEqual([
      [null, 10],
      ['before', 10],
      ['blackout', 200],
      ['after', undefined],
    ]);
  });

  it('open several at once after the loop was held up', () => {
    const recorder = new Recorder(0, 1);
    recorder.boundary('a', 10, 5);
    recorder.boundary('b', 20, 5);
    recorder.roll(1_000);
    expect(recorder.segments(1_000).map((s) => s.name)).toEqual([null, 'a', 'b']);
  });

  it('say how late an order came', () => {
    const recorder = new Recorder(0, 1);
    expect(recorder.boundary('a', 100, 40)).toBe(0);
    expect(recorder.boundary('b', 200, 260)).toBe(60);
    expect(recorder.current.name).toBe('b');
  });

  it('keep their name where they are split at the end of publishing', () => {
    const recorder = new Recorder(0, 1);
    recorder.boundary('after', 100, 0);
    recorder.split(200, 0);
    recorder.at(150).noteDone(150);
    recorder.at(250).noteDone(250);
    const parts = recorder.segments(300).map((s) => [s.name, s.fromMicros, s.completed.done, s.lastDone]);
    expect(parts).toEqual([
      [null, 0, 0, undefined],
      ['after', 100, 1, 150],
      ['after', 200, 1, 250],
    ]);
  });
});

describe('a silence', () => {
  const gapsOf = (recorder: Recorder) =>
    Object.fromEntries(recorder.segments(1_000).map((s) => [String(s.name), s.histograms['delivery.gap']?.max]));

  function windows(): Recorder {
    const recorder = new Recorder(0, 2);
    recorder.boundary('before', 100, 0);
    recorder.boundary('blackout', 200, 0);
    recorder.boundary('after', 300, 0);
    recorder.boundary(null, 600, 0);
    return recorder;
  }

  it('counts whole in the window in which the message that ended it was due, and in no other', () => {
    const recorder = windows();
    recorder.at(400);
    recorder.noteGap(0, 130, 310, 205); // most of it lies elsewhere
    recorder.noteGap(1, 190, 203, 199);
    expect(gapsOf(recorder)).toEqual({ null: undefined, before: 13, blackout: 180, after: undefined });
  });

  it('counts whole in every window that it fills', () => {
    const recorder = windows();
    recorder.at(600);
    recorder.noteGap(0, 150, 590, 580);
    expect(gapsOf(recorder)).toMatchObject({ before: undefined, blackout: 440, after: 440 });
  });

  it('is one sample per client and window, the longest, also where the window has parts', () => {
    const recorder = windows();
    recorder.split(400, 0);
    recorder.at(350);
    recorder.noteGap(0, 310, 330, 325);
    recorder.at(500);
    recorder.noteGap(0, 450, 455, 452);
    const after = recorder.segments(500).flatMap((s) => s.histograms['delivery.gap'] ?? []);
    expect(after.map(({ count, max }) => [count, max])).toEqual([[1, 20]]);
  });

  it('is the longest of a client over its windows, whatever their edges', () => {
    const recorder = windows();
    const silences = [
      [10, 120],
      [120, 180],
      [180, 330],
      [330, 590],
    ] as const;
    for (const [since, now] of silences) {
      recorder.at(now);
      recorder.noteGap(0, since, now, now - 1);
    }
    expect(Math.max(...Object.values(gapsOf(recorder)).map((gap) => gap ?? 0))).toBe(260);
  });
});
