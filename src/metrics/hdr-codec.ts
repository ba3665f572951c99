import { deflateSync, inflateSync } from 'node:zlib';
import { MqbenchError, messageOf } from '../base/errors.js';
import { Histogram, highestOf, indexOf, largestTrackable } from './histogram.js';

// HdrHistogram's V2 format (https://github.com/HdrHistogram/HdrHistogram, AbstractHistogram.encodeIntoByteBuffer): a
// header of 40 bytes, big endian, and the counters from the lowest on as ZigZag LEB128, where a negative number is a run of
// so many zeros. Our counters are numbered as HdrHistogram's are, so they are written as they stand. Written here because
// the package that does it (hdr-histogram-js) is 46 modules, a quarter of what `pub` loads, and says in its header that
// all counters are shifted by one.

const cookie = 0x1c84_9313;
const compressedCookie = 0x1c84_9314;
/** Of the cookies, those of the word size, which V2 does not use. */
const wordSizeBits = 0xf0;
const headerBytes = 40;
const significantDigits = 3;
/** A count below 2^53 is below 2^54 in ZigZag: 8 times 7 bits. */
const longestCount = 8;
const lastIndex = indexOf(largestTrackable);

/** A histogram in HdrHistogram's V2 compressed format, base64: any HdrHistogram tool reads it. */
export function encodeHistogram(histogram: Histogram): string {
  const payload = countsOf(histogram);
  const whole = Buffer.alloc(headerBytes + payload.length);
  whole.writeInt32BE(cookie, 0);
  whole.writeInt32BE(payload.length, 4);
  // At 8 the offset of the counters: 0.
  whole.writeInt32BE(significantDigits, 12);
  whole.writeBigInt64BE(1n, 16); // the lowest value that is told from 0
  whole.writeBigInt64BE(BigInt(largestTrackable), 24);
  whole.writeDoubleBE(1, 32); // values are integers as recorded
  payload.copy(whole, headerBytes);
  const deflated = deflateSync(whole);
  const head = Buffer.alloc(8);
  head.writeInt32BE(compressedCookie, 0);
  head.writeInt32BE(deflated.length, 4);
  return Buffer.concat([head, deflated]).toString('base64');
}

/**
 * Reads what {@link encodeHistogram} wrote. Counts and percentiles are the same; minimum, maximum and mean are now
 * known to 3 digits only.
 * @throws MQB_HISTOGRAM when the text is not an HdrHistogram of 3 digits
 */
export function decodeHistogram(text: string): Histogram {
  try {
    const bytes = Buffer.from(text, 'base64');
    requireCookie(bytes, compressedCookie);
    const whole = inflateSync(bytes.subarray(8, 8 + bytes.readInt32BE(4)));
    requireCookie(whole, cookie);
    if (whole.readInt32BE(12) !== significantDigits || whole.readBigInt64BE(16) !== 1n)
      throw new Error('of another precision than 3 digits of whole numbers');
    return readCounts(whole.subarray(headerBytes, headerBytes + whole.readInt32BE(4)));
  } catch (error) {
    throw new MqbenchError('MQB_HISTOGRAM', `not an HdrHistogram: ${messageOf(error)}`, { cause: error });
  }
}

function requireCookie(bytes: Buffer, expected: number): void {
  if ((bytes.readInt32BE(0) & ~wordSizeBits) !== (expected & ~wordSizeBits)) throw new Error('not of the V2 format');
}

function countsOf(histogram: Histogram): Buffer {
  const bytes: number[] = [];
  let next = 0;
  histogram.forEach((index, count) => {
    const zeros = index - next;
    if (zeros > 0) push(bytes, zeros === 1 ? 0 : 2 * zeros - 1);
    push(bytes, 2 * count);
    next = index + 1;
  });
  return Buffer.from(bytes);
}

/** @param zigZag 2n of a count n, 2n - 1 of a run of n zeros */
function push(bytes: number[], zigZag: number): void {
  let left = zigZag;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  bytes.push(left);
}

function readCounts(payload: Buffer): Histogram {
  const histogram = new Histogram();
  let index = 0;
  for (let at = 0; at < payload.length; ) {
    let zigZag = 0;
    for (let scale = 1, read = 1; ; scale *= 128, read++) {
      const byte = payload.readUInt8(at++);
      zigZag += (byte & 127) * scale;
      if (byte < 128) break;
      if (read === longestCount) throw new Error('a count beyond 2^53');
    }
    if (zigZag % 2 === 1) {
      index += (zigZag + 1) / 2;
      continue;
    }
    if (index > lastIndex) throw new Error('a value beyond 2^32');
    if (zigZag > 0) histogram.recordTimes(highestOf(index), zigZag / 2);
    index++;
  }
  return histogram;
}
