/** So far apart values are kept from which one that is asked for again is found. */
const markEvery = 64;

/**
 * Values of many sequences in which each follows from the one before. Asked for in order, each costs one step; one that lies
 * back costs at most {@link markEvery}. What is kept grows by a number for every {@link markEvery} values.
 */
export class Memo {
  private readonly at: Float64Array;
  private readonly value: Float64Array;
  /** NaN: not known. */
  private readonly before: Float64Array;
  private readonly marks: number[][];

  /**
   * @param items how many sequences
   * @param first the value number 0 of one
   * @param next the value of that number, from the one before
   */
  constructor(
    items: number,
    first: (item: number) => number,
    private readonly next: (item: number, number: number, before: number) => number,
  ) {
    this.at = new Float64Array(items);
    this.value = Float64Array.from({ length: items }, (_, item) => first(item));
    this.before = new Float64Array(items).fill(Number.NaN);
    this.marks = Array.from({ length: items }, (_, item) => [this.value[item] as number]);
  }

  get(item: number, number: number): number {
    const at = this.at[item] as number;
    if (number === at) return this.value[item] as number;
    const before = this.before[item] as number;
    if (number === at - 1 && !Number.isNaN(before)) return before;
    if (number > at) this.walk(item, number, at, this.value[item] as number);
    else {
      const mark = Math.floor(number / markEvery);
      this.walk(item, number, mark * markEvery, (this.marks[item] as number[])[mark] as number);
    }
    return this.value[item] as number;
  }

  private walk(item: number, to: number, from: number, value: number): void {
    const marks = this.marks[item] as number[];
    let [before, now] = [Number.NaN, value];
    for (let number = from + 1; number <= to; number++) {
      before = now;
      now = this.next(item, number, before);
      if (number === marks.length * markEvery) marks.push(now);
    }
    this.at[item] = to;
    this.value[item] = now;
    this.before[item] = before;
  }
}
