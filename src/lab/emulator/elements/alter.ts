import type { Random } from '../../../base/numbers/random.js';
import { Chance } from '../chance.js';
import { type Altered, Queued, type Surroundings } from './element.js';

/** Does something to a share of the packets. */
abstract class Alter extends Queued {
  protected abstract readonly what: Altered;
  private readonly chance: Chance;

  constructor(
    around: Surroundings,
    protected readonly random: Random,
    share: number,
  ) {
    super(around);
    this.chance = new Chance(random, share);
  }

  protected take(slot: number): void {
    this.queue.push(slot);
    this.around.witness.tried(this.what);
    if (this.chance.next() && this.alter(slot)) this.around.witness.hit(this.what);
  }

  /** @returns whether it could */
  protected abstract alter(slot: number): boolean;
}

export class Duplicate extends Alter {
  protected readonly what = 'duplicate';

  protected alter(slot: number): boolean {
    const twin = this.around.slots.copy(slot);
    if (twin >= 0) this.queue.push(twin);
    return twin >= 0;
  }
}

/**
 * Flips one bit at a random place behind the IP header. Like netem it does not repair the checksum, so the receiver sees a bad
 * checksum and drops the packet; unlike netem it leaves the IP header alone, so the packet still gets there.
 */
export class Corrupt extends Alter {
  protected readonly what = 'corrupt';

  protected alter(slot: number): boolean {
    const { memory, size, length } = this.around.slots;
    const start = slot * size;
    const first = memory[start]!;
    const header = first >> 4 === 6 ? 40 : (first & 15) * 4;
    const payload = length[slot]! - header;
    if (payload <= 0) return false;
    const at = start + header + this.random.below(payload);
    memory[at] = memory[at]! ^ (1 << this.random.below(8));
    return true;
  }
}
