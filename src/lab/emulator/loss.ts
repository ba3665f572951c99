import type { Random } from '../../base/random.js';
import { Chance } from './chance.js';
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

/**
 * Burst loss after Gilbert (1960) and Elliott (1963), in netem's notation (Salsano
 * et al., "Definition of a general and intuitive loss model for packet networks").
 *
 * ```
 *            p
 *   good ────────► bad        a packet is lost with 1-k in good, with 1-h in bad
 *        ◄────────
 *            r
 * ```
 * The state moves once per packet, then the packet's fate is drawn: mean sojourn
 * in bad is 1/r packets, share of time in bad is p / (p + r).
 */
export class GilbertElliott extends Instant {
  private bad = false;

  constructor(
    around: Surroundings,
    private readonly random: Random,
    private readonly model: {
      readonly p: number;
      readonly r: number;
      readonly oneMinusH: number;
      readonly oneMinusK: number;
    },
  ) {
    super(around);
  }

  protected override decide(slot: number): void {
    const { p, r, oneMinusH, oneMinusK } = this.model;
    if (this.random.next() < (this.bad ? r : p)) this.bad = !this.bad;
    if (this.random.next() < (this.bad ? oneMinusH : oneMinusK)) this.drop(slot, 'loss');
    else this.pass(slot);
  }
}
