import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { MqbenchError } from '../base/errors.js';
import { Histogram, highestOf, largestTrackable } from './histogram.js';

/** A histogram in HdrHistogram's V2 compressed format, base64: any HdrHistogram tool reads it. */
export function encodeHistogram(histogram: Histogram): string {
  const hdr = build({
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: largestTrackable,
    numberOfSignificantValueDigits: 3,
  });
  histogram.forEach((index, count) => {
    hdr.recordValueWithCount(highestOf(index), count);
  });
  return encodeIntoCompressedBase64(hdr);
}

/**
 * Reads what {@link encodeHistogram} wrote. Counts and percentiles are the same; minimum, maximum and mean are now
 * known to 3 digits only.
 * @throws MQB_HISTOGRAM when the text is not an HdrHistogram
 */
export function decodeHistogram(text: string): Histogram {
  const histogram = new Histogram();
  try {
    const hdr = decodeFromCompressedBase64(text, 64) as unknown as {
      recordedValuesIterator: {
        reset(): void;
        hasNext(): boolean;
        next(): { valueIteratedTo: number; countAtValueIteratedTo: number };
      };
    };
    const values = hdr.recordedValuesIterator;
    values.reset();
    while (values.hasNext()) {
      const step = values.next();
      histogram.recordTimes(step.valueIteratedTo, step.countAtValueIteratedTo);
    }
  } catch (error) {
    throw new MqbenchError('MQB_HISTOGRAM', `not an HdrHistogram: ${(error as Error).message}`, { cause: error });
  }
  return histogram;
}
