import { Queued, type Surroundings } from './element.js';

/** Loses packets by chance: each by itself, depending on the one before, or in bursts. */
export class Loss extends Queued {
  constructor(
    around: Surroundings,
    private readonly chance: { next(): boolean },
  ) {
    super(around);
  }

  protected take(slot: number): void {
    if (this.chance.next()) this.drop(slot, 'loss');
    else this.queue.push(slot);
  }
}

export class Blackout extends Queued {
  on = false;

  protected take(slot: number): void {
    if (this.on) this.drop(slot, 'blackout');
    else this.queue.push(slot);
  }
}
