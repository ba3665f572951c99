import { addressesIn, kindOfMessage } from '../../base/text/broker-address.js';
import { printableLine } from '../../base/text/printable.js';
import type { ErrorCount } from '../../result/types.js';

export class CounterSet {
  private readonly sums: Map<string, number>;

  /** @param begun what was counted before */
  constructor(begun?: CounterSet) {
    this.sums = new Map(begun?.sums);
  }

  add(name: string, amount: number): void {
    this.sums.set(name, (this.sums.get(name) ?? 0) + amount);
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

interface Kinds {
  /** By what the messages of a kind have in common. */
  readonly counts: Map<string, Counted>;
  /** The message that came last as it was given, and its kind: most come many times in a row. */
  readonly message: string;
  readonly latest: Counted;
}

type Counted = Omit<ErrorCount, 'count'> & { count: number };

/**
 * Errors by code, address and reason with the first message and hint of each, so that 10,000 refusals are one line, and
 * two brokers, or two reasons, are two.
 */
export class ErrorSet {
  private readonly codes = new Map<string, Kinds>();

  add(error: ErrorKind, count = 1): void {
    const kinds = this.codes.get(error.code);
    if (kinds?.message === error.message) {
      kinds.latest.count += count;
      return;
    }
    const counts = kinds?.counts ?? new Map<string, Counted>();
    const latest = countedIn(counts, error);
    latest.count += count;
    this.codes.set(error.code, { counts, message: error.message, latest });
  }

  /** Most frequent first. */
  toList(): ErrorCount[] {
    const all = [...this.codes.values()].flatMap(({ counts }) => [...counts.values()]);
    return all.map((one) => ({ ...one })).sort((a, b) => b.count - a.count);
  }
}

/** The kind that an error is of, which begins with it where it is the first. */
function countedIn(counts: Map<string, Counted>, { code, message, hint }: ErrorKind): Counted {
  const says = printableLine(message);
  const own = `${kindOfMessage(says)} ${addressesIn(says).join()}`;
  const [first] = counts.values();
  const known = counts.get(own) ?? (counts.size < mostKinds ? undefined : first);
  if (known !== undefined) return known;
  const begun = { code, message: says, hint, count: 0 };
  counts.set(own, begun);
  return begun;
}
