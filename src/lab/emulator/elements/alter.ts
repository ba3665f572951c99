import type { Random } from '../../../base/random.js';
import { Chance } from '../chance.js';
import { Instant, type Surroundings } from './element.js';

/** Sends some packets twice. */
export class Duplicate extends Instant {
  private readonly chance: Chance;

  constructor(around: Surroundings, random: Random, share: number) {
    super(around);
    this.chance = new Chance(random, share);
  }

  protected override decide(slot: number): void {
    this.pass(slot);
    this.around.witness.tried('duplicate');
    if (!this.chance.next()) return;
    const twin = this.around.slots.copy(slot);
    if (twin < 0) return;
    this.around.witness.duplicated(twin);
    this.pass(twin);
  }
}

/**
 * Flips one bit at a random place behind the IP header. Like netem it does not
 * repair the checksum, so the receiver sees a bad checksum and drops the packet;
 * unlike netem it leaves the IP header alone, so the packet still gets there.
 */
export class Corrupt extends Instant {
  private readonly chance: Chance;

  constructor(
    around: Surroundings,
    private readonly random: Random,
    share: number,
  ) {
    super(around);
    this.chance = new Chance(random, share);
  }

  protected override decide(slot: number): void {
    this.around.witness.tried('corrupt');
    if (this.chance.next()) this.flip(slot);
    this.pass(slot);
  }

  private flip(slot: number): void {
    const { memory, size, length } = this.around.slots;
    const start = slot * size;
    const first = memory[start]!;
    const header = first >> 4 === 6 ? 40 : (first & 15) * 4;
    const payload = length[slot]! - header;
    if (payload <= 0) return;
    const at = start + header + this.random.below(payload);
    memory[at] = memory[at]! ^ (1 << this.random.below(8));
    this.around.witness.corrupted(slot);
  }
}
