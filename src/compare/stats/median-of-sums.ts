/** So few sums are sorted without a window. */
const few = 32;

/**
 * At the median of sums of two normal values with deviation σ a share s of them lies within 2·√π·σ·s, and the quartiles of each
 * are 1.349·σ apart.
 */
const perQuartiles = (2 * Math.sqrt(Math.PI)) / (2 * 1.349);

/** After each so many windows the ends are brought to sums that exist: where many are equal, nothing else ends the search. */
const windowsBetween = 3;

/** After so many windows what is left is sorted, however much: values that lie hundreds of decades apart. */
const mostWindows = 30;

/** Kept: a comparison asks for a hundred thousand medians, and making an array costs more than a walk. */
const window = new Float64Array(5 * few);

/**
 * The median of all sums of a row and a column, without making them all. The sums up to a value are counted in one walk
 * along their edge (n + m steps for n rows and m columns); after two such walks it is known nearly where the median lies,
 * and one more collects the few sums around it: selection in X + Y (Johnson and Mizoguchi 1978, SIAM Journal on Computing
 * 7; Monahan 1984, ACM TOMS 10). Rounding keeps the order of sums, so the walks see the very values that sorting all of
 * them would, and the median is the same to the last digit.
 * @param rows ascending, finite
 * @param columns ascending, finite
 * @param halved rows and columns are the same values, of which each two count once, and each with itself
 * @param guess near which the median is thought to lie; a good one saves a walk, a bad one costs one
 * @returns NaN when there are no sums
 */
export function medianOfSums(rows: Float64Array, columns: Float64Array, halved = false, guess = Number.NaN): number {
  const count = halved ? (rows.length * (rows.length + 1)) / 2 : rows.length * columns.length;
  if (count === 0) return Number.NaN;
  const asked = (count + 1) >> 1;
  const [lower, next] = new Search(rows, columns, halved, count, asked).find(guess);
  return count % 2 === 1 ? lower : (lower + next) / 2;
}

const at = (values: Float64Array, place: number): number => values[place] as number;

/** The asked smallest sum lies in (low, high]; every walk brings these nearer to each other. */
class Search {
  private low = Number.NEGATIVE_INFINITY;
  /** Sums up to low: fewer than asked for. */
  private lowCount = 0;
  /** Low, or the smallest sum above it where that is known. */
  private first: number;
  private high: number;
  /** Sums up to high: enough. */
  private highCount: number;
  /** The smallest sum above high, once it was looked for. */
  private beyond = Number.POSITIVE_INFINITY;
  /** The window has all sums in (low, high]. */
  private isCaught = false;

  constructor(
    private readonly rows: Float64Array,
    private readonly columns: Float64Array,
    private readonly halved: boolean,
    private readonly count: number,
    private readonly asked: number,
  ) {
    this.first = at(rows, 0) + at(columns, 0);
    this.high = at(rows, rows.length - 1) + at(columns, columns.length - 1);
    this.highCount = count;
  }

  /** @returns the asked smallest sum, and the one after it */
  find(guess: number): [number, number] {
    if (this.left > few) {
      const isWithin = guess > this.first && guess < this.high;
      if (isWithin) this.aim(guess);
      else this.approach(at(this.rows, this.rows.length >> 1) + at(this.columns, this.columns.length >> 1));
    }
    for (let laid = 1; laid <= mostWindows && this.isWide; laid++) {
      this.layWindow();
      if (laid % windowsBetween !== 0 || !this.isWide) continue;
      this.tighten();
      if (this.isWide) this.narrow(this.first + (this.high - this.first) / 2);
    }
    if (this.asked === this.highCount) this.tighten();
    const [lower, next] = this.first === this.high ? [this.high, this.high] : this.sorted();
    return [lower, this.asked === this.highCount ? this.beyond : next];
  }

  private get left(): number {
    return this.highCount - this.lowCount;
  }

  private get isWide(): boolean {
    return !this.isCaught && this.left > few && this.first < this.high;
  }

  private approach(guess: number): void {
    this.narrow(guess);
    if (this.left > few) this.narrow(this.across(guess));
  }

  /** From a guess that is near: a window where what is asked lies, were the sums around it as close to each other as those of normal values. */
  private aim(guess: number): void {
    this.narrow(guess);
    const perSum = (perQuartiles * this.betweenQuartiles) / this.count;
    if (!this.isWide || !Number.isFinite(perSum)) return;
    const missing = this.asked - (this.low === guess ? this.lowCount : this.highCount);
    const middle = guess + missing * perSum;
    this.lay(middle - perSum * few, middle + perSum * few);
  }

  /** From the first guess to the other side of what is asked: twice as far as it lies were the sums spread evenly. */
  private across(guess: number): number {
    const isAbove = this.highCount < this.count;
    const missing = this.asked - (isAbove ? this.highCount : this.lowCount);
    const step = (missing + (isAbove ? -few : few) / 2) / this.count;
    return guess + 4 * step * this.betweenQuartiles;
  }

  /** Distance of the quartiles, of rows and of columns together. */
  private get betweenQuartiles(): number {
    const distance = (values: Float64Array) => at(values, (3 * values.length) >> 2) - at(values, values.length >> 2);
    return distance(this.rows) + distance(this.columns);
  }

  /** Counts the sums up to a value, which becomes an end: one outside is of no use, and the nearest inside is taken. */
  private narrow(asIfAt: number): void {
    const value = asIfAt >= this.first && asIfAt < this.high ? asIfAt : this.first;
    this.end(value, this.halved ? countPairs(this.rows, value) : countSums(this.rows, this.columns, value));
  }

  /** @param count of the sums up to the value */
  private end(value: number, count: number): void {
    if (count >= this.asked) {
      this.high = value;
      this.highCount = count;
    } else {
      this.low = value;
      this.first = value;
      this.lowCount = count;
    }
  }

  /** Around where what is asked would lie were the sums spread evenly. */
  private layWindow(): void {
    const perSum = (this.high - this.first) / this.left;
    const middle = this.first + perSum * (this.asked - this.lowCount);
    this.lay(middle - perSum * few, middle + perSum * few);
  }

  /** Counts and collects the sums in a window. */
  private lay(from: number, to: number): void {
    const low = Math.min(this.high, Math.max(this.first, from));
    const high = Math.max(low, Math.min(this.high, to));
    const [below, found] = this.collect(low, high, window);
    this.end(low, below);
    if (this.high !== low && high < this.high) this.end(high, below + found);
    this.isCaught = this.low === low && this.high === high && found <= window.length;
  }

  /** Collects the sums in (low, high], as many as there is room for. @returns how many are up to low, and how many in it */
  private collect(low: number, high: number, room: Float64Array): [below: number, found: number] {
    const { rows, columns, halved } = this;
    let below = 0;
    let found = 0;
    let from = columns.length;
    let to = columns.length;
    for (let row = 0; row < rows.length; row++) {
      const own = at(rows, row);
      const begin = halved ? row : 0;
      while (to > begin && own + at(columns, to - 1) > high) to--;
      if (to <= begin) break;
      while (from > begin && own + at(columns, from - 1) > low) from--;
      const start = Math.max(from, begin);
      below += start - begin;
      if (found + to - start <= room.length) {
        for (let column = start, place = found; column < to; column++, place++) room[place] = own + at(columns, column);
      }
      found += to - start;
    }
    return [below, found];
  }

  /** Finds the smallest sum above low, and those beside high: the largest up to it and the smallest above. */
  private tighten(): void {
    const { rows, columns, low, high, halved } = this;
    let first = Number.POSITIVE_INFINITY;
    let largest = Number.NEGATIVE_INFINITY;
    let beyond = Number.POSITIVE_INFINITY;
    let from = columns.length;
    let to = columns.length;
    for (let row = 0; row < rows.length; row++) {
      const own = at(rows, row);
      const begin = halved ? row : 0;
      while (to > begin && own + at(columns, to - 1) > high) to--;
      while (from > begin && own + at(columns, from - 1) > low) from--;
      const [start, stop] = [Math.max(from, begin), Math.max(to, begin)];
      if (start < columns.length) first = Math.min(first, own + at(columns, start));
      if (stop > begin) largest = Math.max(largest, own + at(columns, stop - 1));
      if (stop < columns.length) beyond = Math.min(beyond, own + at(columns, stop));
    }
    this.first = first;
    this.high = largest;
    this.beyond = beyond;
  }

  private sorted(): [number, number] {
    const room = this.left <= window.length ? window : new Float64Array(this.left);
    if (!this.isCaught) this.collect(this.low, this.high, room);
    if (room === window) sortFew(room, this.left);
    else room.sort();
    const place = this.asked - this.lowCount - 1;
    return [at(room, place), at(room, place + 1)];
  }
}

/** By insertion: for so few, a call of the library's takes longer. */
function sortFew(values: Float64Array, count: number): void {
  for (let next = 1; next < count; next++) {
    const value = at(values, next);
    let place = next;
    for (; place > 0 && at(values, place - 1) > value; place--) values[place] = at(values, place - 1);
    values[place] = value;
  }
}

function countSums(rows: Float64Array, columns: Float64Array, value: number): number {
  let count = 0;
  let end = columns.length;
  for (let row = 0; row < rows.length && end > 0; row++) {
    const own = at(rows, row);
    while (end > 0 && own + at(columns, end - 1) > value) end--;
    count += end;
  }
  return count;
}

/** Of each two values, and each with itself. */
function countPairs(values: Float64Array, value: number): number {
  let count = 0;
  let end = values.length;
  for (let row = 0; row < end; row++) {
    const own = at(values, row);
    while (end > row && own + at(values, end - 1) > value) end--;
    count += end - row;
  }
  return count;
}
