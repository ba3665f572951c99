import type { ErrorCount } from './messages.js';

/** Sums by name. */
export class CounterSet {
  private readonly sums = new Map<string, number>();

  add(name: string, amount: number): void {
    this.sums.set(name, (this.sums.get(name) ?? 0) + amount);
  }

  copy(): CounterSet {
    const copy = new CounterSet();
    for (const [name, sum] of this.sums) copy.add(name, sum);
    return copy;
  }

  toRecord(): Record<string, number> {
    return Object.fromEntries(this.sums);
  }
}

/** Errors by code with the first message of each, so that 10,000 refusals are one line. */
export class ErrorSet {
  private readonly kinds = new Map<string, { message: string; count: number }>();

  add(code: string, message: string, count = 1): void {
    const kind = this.kinds.get(code);
    if (kind === undefined) this.kinds.set(code, { message, count });
    else kind.count += count;
  }

  /** Most frequent first. */
  toList(): ErrorCount[] {
    const list = [...this.kinds].map(([code, kind]) => ({ code, ...kind }));
    return list.sort((a, b) => b.count - a.count);
  }
}
