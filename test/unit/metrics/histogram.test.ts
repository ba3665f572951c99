import { inflateSync } from 'node:zlib';
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { decodeHistogram, encodeHistogram } from '../../../src/metrics/hdr-codec.js';
import { Histogram, highestOf, indexOf, largestTrackable } from '../../../src/metrics/histogram.js';
import { fc } from '../../helpers/properties.js';

const values = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 3_000 }),
    fc.integer({ min: 0, max: 60_000_000 }),
    fc.integer({ min: 0, max: largestTrackable }),
  ),
  { minLength: 1, maxLength: 400 },
);
const percents = [0, 1, 25, 50, 90, 95, 99, 99.9, 99.99];

function recorded(samples: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const sample of samples) histogram.record(sample);
  return histogram;
}

describe('Histogram', () => {
  it('keeps every value within 0.1 %', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: largestTrackable }), (value) => {
        const highest = highestOf(indexOf(value));
        expect(highest).toBeGreaterThanOrEqual(value);
        expect(highest - value).toBeLessThanOrEqual(value / 1000);
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives the percentiles of the reference implementation', () => {
    fc.assert(
      fc.property(values, (samples) => {
        const ours = recorded(samples);
        const reference = build({
          bitBucketSize: 64,
          lowestDiscernibleValue: 1,
          highestTrackableValue: largestTrackable,
          numberOfSignificantValueDigits: 3,
        });
        for (const sample of samples) reference.recordValue(sample);
        for (const percent of percents.slice(1)) {
          const theirs = reference.getValueAtPercentile(percent);
          expect(Math.min(theirs, ours.max), `P${percent}`).toBe(ours.percentile(percent));
        }
      }),
    );
  });

  it('writes the counters that the reference implementation writes, and reads what that wrote', () => {
    const payload = (text: string) => inflateSync(Buffer.from(text, 'base64').subarray(8)).subarray(40);
    const times = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 2 ** 31, max: 2 ** 48 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(values, times), { maxLength: 5 }), (groups) => {
        const ours = new Histogram();
        const reference = build({
          bitBucketSize: 64,
          lowestDiscernibleValue: 1,
          highestTrackableValue: largestTrackable,
          numberOfSignificantValueDigits: 3,
        });
        for (const [samples, count] of groups) {
          for (const sample of samples) {
            ours.recordTimes(sample, count);
            reference.recordValueWithCount(sample, count);
          }
        }
        const text = encodeHistogram(ours);
        const theirs = encodeIntoCompressedBase64(reference);
        if (groups.length > 0) expect(payload(text).equals(payload(theirs))).toBe(true);
        expect(decodeFromCompressedBase64(text, 64).totalCount).toBe(ours.count);
        expect(decodeHistogram(theirs).toData().sparse).toEqual(ours.toData().sparse);
        expect(decodeHistogram(text).toData().sparse).toEqual(ours.toData().sparse);
      }),
    );
  });

  it('says in its header that no counter is shifted and that values are as recorded, which other readers go by', () => {
    const header = inflateSync(Buffer.from(encodeHistogram(recorded([1, 5])), 'base64').subarray(8));
    expect(header.readInt32BE(8)).toBe(0);
    expect(header.readDoubleBE(32)).toBe(1);
  });

  it('gives the percentiles of a sorted list to 3 digits, and minimum, maximum and mean exactly', () => {
    fc.assert(
      fc.property(values, (samples) => {
        const ours = recorded(samples);
        const sorted = [...samples].sort((a, b) => a - b);
        for (const percent of percents) {
          const exact = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length - 1e-9) - 1)] as number;
          const found = ours.percentile(percent);
          expect(found).toBeGreaterThanOrEqual(exact);
          expect(found - exact).toBeLessThanOrEqual(exact / 1000);
        }
        expect([ours.min, ours.max, ours.count]).toEqual([sorted[0], sorted.at(-1), samples.length]);
        expect(ours.mean).toBeCloseTo(samples.reduce((a, b) => a + b, 0) / samples.length, 3);
      }),
    );
  });

  it('merged from any number of parts is the same as recorded in one, also through JSON', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 4 }), (samples, parts) => {
        const one = recorded(samples);
        const merged = new Histogram();
        for (let part = 0; part < parts; part++) {
          const share = recorded(samples.filter((_, i) => i % parts === part));
          if (part % 2 === 0) merged.add(share);
          else merged.addData(JSON.parse(JSON.stringify(share.toData())));
        }
        expect(merged.toData()).toEqual(one.toData());
      }),
    );
  });

  it('survives the interchange format with the same percentiles', () => {
    fc.assert(
      fc.property(values, (samples) => {
        const before = recorded(samples);
        const after = decodeHistogram(encodeHistogram(before));
        expect(after.count).toBe(before.count);
        for (const percent of percents) {
          // The exact maximum is not in the format; its counter is.
          expect(after.percentile(percent)).toBe(highestOf(indexOf(before.percentile(percent))));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('says NaN without samples, rounds fractions, counts negatives as 0 and what is too large as the largest', () => {
    const histogram = new Histogram();
    expect([histogram.percentile(50), histogram.min, histogram.max, histogram.mean].every(Number.isNaN)).toBe(true);
    histogram.record(-3);
    histogram.record(1.5);
    histogram.record(largestTrackable + 10);
    expect([histogram.min, histogram.percentile(50), histogram.max]).toEqual([0, 2, largestTrackable]);
    histogram.reset();
    expect(histogram.count).toBe(0);
    expect(histogram.toData().sparse).toEqual([]);
  });

  it('refuses text that is not a histogram', () => {
    const whole = Buffer.from(encodeHistogram(recorded([1, 5, 900])), 'base64');
    const broken = ['bm90IGEgaGlzdG9ncmFt', '', whole.subarray(0, 30).toString('base64')];
    for (const text of broken) expect(() => decodeHistogram(text), text).toThrow(/not an HdrHistogram/);
    const finer = build({ bitBucketSize: 64, numberOfSignificantValueDigits: 2 });
    expect(() => decodeHistogram(encodeIntoCompressedBase64(finer))).toThrow(/another precision/);
  });
});
