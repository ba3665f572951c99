import { printableLine } from '../../base/text/printable.js';
import type { ErrorCount } from '../../result/types.js';

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

/** What is kept of an error. The message may quote the peer. */
interface ErrorKind {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Errors by code with the first message and hint of each, so that 10,000 refusals are one line. */
export class ErrorSet {
  private readonly kinds = new Map<string, { message: string; hint?: string; count: number }>();

  add({ code, message, hint }: ErrorKind, count = 1): void {
    const kind = this.kinds.get(code);
    if (kind !== undefined) {
      kind.count += count;
      return;
    }
    this.kinds.set(code, { message: printableLine(message), ...(hint === undefined ? {} : { hint }), count });
  }

  /** Most frequent first. */
  toList(): ErrorCount[] {
    const list = [...this.kinds].map(([code, kind]) => ({ code, ...kind }));
    return list.sort((a, b) => b.count - a.count);
  }
}
