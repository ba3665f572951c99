import type { Clock } from '../../base/clock.js';

/** A TLS ClientHello takes about a millisecond of a core: a turn is some of them, and answers wait no longer than it. */
const turnMicros = 5_000;

/**
 * Much work that is due at the same moment, in short turns: between them the event loop reads what came in. Without,
 * 5,000 clients that come back at once all dial before the first answer is looked at, and the server idles meanwhile.
 */
export class Turns<T> {
  private readonly waiting: T[] = [];
  private next = 0;

  constructor(
    private readonly clock: Clock,
    private readonly work: (item: T) => void,
  ) {}

  add(item: T): void {
    if (this.waiting.push(item) === 1) setImmediate(this.turn);
  }

  private readonly turn = (): void => {
    const end = this.clock() + turnMicros;
    do this.work(this.waiting[this.next++] as T);
    while (this.next < this.waiting.length && this.clock() < end);
    if (this.next < this.waiting.length) {
      setImmediate(this.turn);
    } else {
      this.waiting.length = 0;
      this.next = 0;
    }
  };
}
