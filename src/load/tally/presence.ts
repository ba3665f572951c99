/** How many clients are connected, step by step of a fixed length: a look now and then would miss a gap between two looks. */
export class Presence {
  private connected = 0;
  private readonly open = new Map<number, Step>();
  /** At the end of the last step that was taken. */
  private last = 0;

  /** @param epochMicros when step 0 begins */
  constructor(
    private readonly epochMicros: number,
    private readonly stepMicros: number,
  ) {}

  up(at: number): void {
    this.change(at, 1);
  }

  down(at: number): void {
    this.change(at, -1);
  }

  /**
   * Of a step that is over, or as far as it has come; then it begins anew.
   * @returns least: the fewest clients that were connected at once; cut: connections that ended in it
   */
  take(step: number): { least: number; cut: number } {
    const { least, cut, end } = this.open.get(step) ?? { least: this.last, cut: 0, end: this.last };
    this.open.delete(step);
    this.last = end;
    return { least, cut };
  }

  private change(at: number, by: 1 | -1): void {
    const step = Math.floor((at - this.epochMicros) / this.stepMicros);
    let of = this.open.get(step);
    if (of === undefined) {
      of = { least: this.connected, cut: 0, end: this.connected };
      this.open.set(step, of);
    }
    this.connected += by;
    of.end = this.connected;
    of.least = Math.min(of.least, this.connected);
    if (by < 0) of.cut++;
  }
}

interface Step {
  least: number;
  cut: number;
  /** Clients connected at its end. */
  end: number;
}
