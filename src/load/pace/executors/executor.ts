/**
 * One kind of work that clients do at set times: the loop of a worker asks each of its executors the same three
 * questions. Times are microseconds of the monotonic clock.
 */
export abstract class Executor {
  /** Nothing is done that is due then or later. */
  protected endMicros = Number.POSITIVE_INFINITY;

  /** There will be nothing to do any more. */
  get isOver(): boolean {
    return false;
  }

  /** When it next has something to do; Infinity: nothing that it knows of. */
  next(): number {
    const due = this.due();
    return due < this.endMicros ? due : Number.POSITIVE_INFINITY;
  }

  /** Does all that is due by now. */
  abstract run(now: number): void;

  /** What is due at `endMicros` or later is not done any more. */
  stop(endMicros: number): void {
    this.endMicros = endMicros;
  }

  /** When the next thing is due, wherever the end is; Infinity: there is none. */
  protected abstract due(): number;
}
