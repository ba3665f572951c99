type Done = () => void;

/**
 * Calls back in the next turn of the event loop, all in one step of it: what aedes goes on with may read the next packet, which nobody may
 * do in the middle of one, and what a turn writes leaves together.
 */
export class AfterTurn {
  private waiting: Done[] = [];

  add(done: Done): void {
    if (this.waiting.push(done) === 1) setImmediate(this.run);
  }

  private readonly run = (): void => {
    const { waiting } = this;
    this.waiting = [];
    for (let i = 0; i < waiting.length; i++) (waiting[i] as Done)();
  };
}
