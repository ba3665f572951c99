import { addressesIn, kindOfMessage } from '../../base/text/broker-address.js';
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

/** More kinds of one code than these are counted with the first: a peer may say something else each time. */
const mostKinds = 8;

/**
 * Errors by code, address and reason with the first message and hint of each, so that 10,000 refusals are one line, and
 * two brokers, or two reasons, are two.
 */
export class ErrorSet {
  private readonly codes = new Map<string, Map<string, ErrorCount>>();

  add({ code, message, hint }: ErrorKind, count = 1): void {
    const kinds = this.codes.get(code) ?? new Map<string, ErrorCount>();
    this.codes.set(code, kinds);
    const says = printableLine(message);
    const own = `${kindOfMessage(says)} ${addressesIn(says).join()}`;
    const [first = own] = kinds.keys();
    const key = kinds.has(own) || kinds.size < mostKinds ? own : first;
    const kind = kinds.get(key) ?? { code, message: says, ...(hint === undefined ? {} : { hint }), count: 0 };
    kinds.set(key, { ...kind, count: kind.count + count });
  }

  /** Most frequent first. */
  toList(): ErrorCount[] {
    const all = [...this.codes.values()].flatMap((kinds) => [...kinds.values()]);
    return all.sort((a, b) => b.count - a.count);
  }
}
