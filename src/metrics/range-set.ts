/** Whole numbers as stretches [from, to) in rising order, at most so many of them: then the lowest are forgotten. */
export class RangeSet {
  private readonly bounds: number[] = [];
  /** Numbers that were forgotten, and the one after the highest of them. */
  forgotten = 0;
  forgottenBelow = 0;

  constructor(private readonly most: number) {}

  /** @param from not below the end of any stretch there is */
  append(from: number, to: number): void {
    const { bounds } = this;
    if (bounds.at(-1) === from) bounds[bounds.length - 1] = to;
    else bounds.push(from, to);
    this.limit();
  }

  /** @returns whether it was in */
  remove(number: number): boolean {
    const { bounds } = this;
    let low = 0;
    let high = bounds.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((bounds[2 * middle + 1] as number) <= number) low = middle + 1;
      else high = middle;
    }
    const from = bounds[2 * low];
    const to = bounds[2 * low + 1] as number;
    if (from === undefined || number < from) return false;
    const left = number === from ? [] : [from, number];
    const right = number + 1 === to ? [] : [number + 1, to];
    bounds.splice(2 * low, 2, ...left, ...right);
    this.limit();
    return true;
  }

  each(see: (from: number, to: number) => void): void {
    for (let i = 0; i < this.bounds.length; i += 2) see(this.bounds[i] as number, this.bounds[i + 1] as number);
  }

  private limit(): void {
    if (this.bounds.length <= 2 * this.most) return;
    const [from, to] = this.bounds.splice(0, 2) as [number, number];
    this.forgotten += to - from;
    this.forgottenBelow = to;
  }
}
