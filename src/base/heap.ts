/** Whole numbers below a capacity in a binary heap; typed arrays, so that nothing is allocated once it is made. */
export class Heap {
  private readonly items: Int32Array;
  private count = 0;

  /** @param before which of two comes first; may change for the one on top only, see {@link sinkTop} */
  constructor(
    capacity: number,
    private readonly before: (one: number, other: number) => boolean,
  ) {
    this.items = new Int32Array(capacity);
  }

  get size(): number {
    return this.count;
  }

  /** The first of all; says nothing when there is none. */
  get top(): number {
    return this.items[0] as number;
  }

  /** What comes last of all is put down at once. */
  push(item: number): void {
    const { items } = this;
    let at = this.count++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.before(item, items[parent] as number)) break;
      items[at] = items[parent] as number;
      at = parent;
    }
    items[at] = item;
  }

  /** Takes the first one away; there must be one. */
  pop(): number {
    const { top } = this;
    this.sink(this.items[--this.count] as number);
    return top;
  }

  /** The first one has changed, and may be it no more. */
  sinkTop(): void {
    this.sink(this.top);
  }

  private sink(item: number): void {
    const { items, count } = this;
    let at = 0;
    for (let child = 1; child < count; child = 2 * at + 1) {
      if (child + 1 < count && this.before(items[child + 1] as number, items[child] as number)) child++;
      if (!this.before(items[child] as number, item)) break;
      items[at] = items[child] as number;
      at = child;
    }
    items[at] = item;
  }
}
