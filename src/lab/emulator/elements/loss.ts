import type { Random } from '../../../base/random.js';
import { BurstChance, type BurstModel, Chance } from '../chance.js';
import { Instant, type Surroundings } from './element.js';

/** Loses each packet with a probability, optionally depending on the packet before. */
export class RandomLoss extends Instant {
  private readonly chance: Chance;

  constructor(around: Surroundings, random: Random, loss: number, correlation = 0) {
    super(around);
    this.chance = new Chance(random, loss, correlation);
  }

  protected override decide(slot: number): void {
    if (this.chance.next()) this.drop(slot, 'loss');
    else this.pass(slot);
  }
}

/** Loses everything while it is on. */
export class Blackout extends Instant {
  on = false;

  protected override decide(slot: number): void {
    if (this.on) this.drop(slot, 'blackout');
    else this.pass(slot);
  }
}

/** Burst loss: see {@link BurstChance}. */
export class GilbertElliott extends Instant {
  private readonly chance: BurstChance;

  constructor(around: Surroundings, random: Random, model: BurstModel) {
    super(around);
    this.chance = new BurstChance(random, model);
  }

  protected override decide(slot: number): void {
    if (this.chance.next()) this.drop(slot, 'loss');
    else this.pass(slot);
  }
}
