// HdrHistogram with 3 significant digits and a lowest discernible value of 1 (https://hdrhistogram.org):
//   values 0 … 2047 have a counter each; above, every power of two is cut in 1,024 equal parts.
// Kept here as one typed array because recording happens per message: 5 ns against 69 ns of
// hdr-histogram-js's recordValue (scripts/bench/measure/recording.mjs); hdr-codec.ts writes and reads the format of files.

const subBuckets = 2048;
const halfBuckets = subBuckets / 2;
const initialLength = 16 * halfBuckets; // up to 33 s in microseconds; grows once when a value is larger

/** The largest value that is told apart: 2^32 - 1 µs, 71 minutes. Larger ones are recorded as this. */
export const largestTrackable = 0xffff_ffff;

/** A histogram as data: what one process sends to another. */
export interface HistogramData {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Counter index and count by turns, only those above 0. */
  readonly sparse: readonly number[];
}

/** The counter a value falls into. @param value an integer, 0 … {@link largestTrackable} */
export function indexOf(value: number): number {
  if (value < subBuckets) return value;
  const bucket = 21 - Math.clz32(value); // 1 for 2048 … 4095
  return bucket * halfBuckets + (value >>> bucket);
}

/** The largest value that falls into the same counter, which is what a percentile reports. */
export function highestOf(index: number): number {
  if (index < subBuckets) return index;
  const bucket = Math.floor(index / halfBuckets) - 1;
  const sub = index - bucket * halfBuckets;
  return (sub + 1) * 2 ** bucket - 1;
}

/** The rank of the sample that a percentile reports. @param percent above 0, up to 100 @param count of all samples */
export function rankOf(percent: number, count: number): number {
  return Math.max(1, Math.ceil((percent / 100) * count - 1e-9));
}

/** Constant memory, exact merge, percentiles within 0.1 % of the value. Minimum, maximum and mean are exact. */
export class Histogram {
  private counts = new Float64Array(initialLength);
  private total = 0;
  private sum = 0;
  private smallest = Number.POSITIVE_INFINITY;
  private largest = 0;

  /** @param value microseconds; fractions are rounded, negatives count as 0 */
  record(value: number): void {
    this.recordTimes(value, 1);
  }

  recordTimes(value: number, times: number): void {
    let whole = value + 0.5;
    if (!(whole >= 0)) whole = 0;
    if (whole > largestTrackable) whole = largestTrackable;
    whole = whole < 0x7fff_ffff ? whole | 0 : Math.floor(whole);
    const index = indexOf(whole);
    if (index >= this.counts.length) this.grow();
    this.counts[index] = (this.counts[index] as number) + times;
    this.total += times;
    this.sum += whole * times;
    if (whole < this.smallest) this.smallest = whole;
    if (whole > this.largest) this.largest = whole;
  }

  get count(): number {
    return this.total;
  }
  /** NaN without samples, as all the following. */
  get min(): number {
    return this.total > 0 ? this.smallest : Number.NaN;
  }
  get max(): number {
    return this.total > 0 ? this.largest : Number.NaN;
  }
  get mean(): number {
    return this.sum / this.total;
  }

  /** @param percent 0 … 100, e.g. 99.9. @returns NaN without samples */
  percentile(percent: number): number {
    if (this.total === 0) return Number.NaN;
    if (percent >= 100) return this.largest;
    return this.atRank(rankOf(percent, this.total));
  }

  /** @param rank 1 for the smallest sample. @returns Infinity beyond the largest */
  atRank(rank: number): number {
    if (rank > this.total) return Number.POSITIVE_INFINITY;
    let seen = 0;
    for (let index = this.firstIndex, end = this.endIndex; index < end; index++) {
      seen += this.counts[index] as number;
      if (seen >= rank) return Math.min(highestOf(index), this.largest);
    }
    return this.largest;
  }

  /** Adds all samples of another one; the result is the same as if they had been recorded here. */
  add(other: Histogram): void {
    if (other.counts.length > this.counts.length) this.grow();
    for (let i = other.firstIndex, end = other.endIndex; i < end; i++) {
      const n = other.counts[i] as number;
      if (n > 0) this.counts[i] = (this.counts[i] as number) + n;
    }
    this.addTotals(other.total, other.sum, other.smallest, other.largest);
  }

  addData(data: HistogramData): void {
    for (let i = 0; i < data.sparse.length; i += 2) {
      const index = data.sparse[i] as number;
      if (index >= this.counts.length) this.grow();
      this.counts[index] = (this.counts[index] as number) + (data.sparse[i + 1] as number);
    }
    if (data.count > 0) this.addTotals(data.count, data.sum, data.min, data.max);
  }

  toData(): HistogramData {
    const sparse: number[] = [];
    this.forEach((index, n) => {
      sparse.push(index, n);
    });
    const none = this.total === 0; // JSON has no Infinity
    const min = none ? 0 : this.smallest;
    return { count: this.total, sum: this.sum, min, max: this.largest, sparse };
  }

  /** Visits the counters above 0 in rising order. */
  forEach(visit: (index: number, count: number) => void): void {
    for (let i = this.firstIndex, end = this.endIndex; i < end; i++) {
      const n = this.counts[i] as number;
      if (n > 0) visit(i, n);
    }
  }

  /** All counters above 0 lie between the two: a report asks hundreds of histograms that hold little or nothing. */
  private get firstIndex(): number {
    return this.total === 0 ? 0 : indexOf(this.smallest);
  }
  private get endIndex(): number {
    return this.total === 0 ? 0 : indexOf(this.largest) + 1;
  }

  reset(): void {
    if (this.total === 0) return;
    this.counts.fill(0);
    this.total = 0;
    this.sum = 0;
    this.smallest = Number.POSITIVE_INFINITY;
    this.largest = 0;
  }

  private addTotals(count: number, sum: number, min: number, max: number): void {
    this.total += count;
    this.sum += sum;
    this.smallest = Math.min(this.smallest, min);
    this.largest = Math.max(this.largest, max);
  }

  private grow(): void {
    const larger = new Float64Array(indexOf(largestTrackable) + 1);
    larger.set(this.counts);
    this.counts = larger;
  }
}
