import { Random } from '../../base/numbers/random.js';
import type { Impairment } from '../contract.js';
import { defaultQueue, flightMicros } from '../path.js';
import { BurstChance, Chance } from './chance.js';
import { Corrupt, Duplicate } from './elements/alter.js';
import { Delay } from './elements/delay.js';
import type { Element, Surroundings } from './elements/element.js';
import { Grouping } from './elements/grouping.js';
import { Blackout, Loss } from './elements/loss.js';
import { Rate } from './elements/rate.js';
import { Trace } from './elements/trace.js';

/**
 * One direction of the link as a chain of elements, only those that were asked for:
 *
 *   blackout → loss → duplicate → corrupt → rate or trace → delay → slot
 *
 * The bottleneck comes before the distance, as on a real path: what waits in the queue has not left yet, what is in `delay` is
 * in flight.
 */
export class Pipeline {
  readonly blackout: Blackout;
  private readonly elements: Element[];
  private readonly last: Element;
  private readonly grouping: Grouping | undefined;

  constructor(
    private readonly around: Surroundings,
    settings: Impairment,
    seed: number,
  ) {
    const random = new Random(seed);
    this.blackout = new Blackout(around);
    this.elements = [this.blackout, ...chosen(around, settings, random)];
    if (settings.slot) {
      const before = this.elements[this.elements.length - 1]!;
      const isFirst = !(hasBottleneck(settings) || settings.delayMicros || settings.jitterMicros);
      const limit = isFirst ? queueLimit(settings, around) : around.slots.count;
      this.grouping = new Grouping(around, random.fork(), settings.slot, limit, () => before.nextDue());
      this.elements.push(this.grouping);
    }
    this.last = this.elements[this.elements.length - 1]!;
  }

  push(slot: number): void {
    const now = this.around.slots.at[slot]!;
    this.blackout.push(slot);
    if (this.grouping === undefined) return;
    this.advance(now);
    this.grouping.look(now);
  }

  /** The next packet that is due to leave the link, or -1. Call until -1. */
  pop(now: number): number {
    this.advance(now);
    return this.last.pop(now);
  }

  private advance(now: number): void {
    for (let i = 0; i + 1 < this.elements.length; i++) {
      const from = this.elements[i]!;
      const to = this.elements[i + 1]!;
      for (let slot = from.pop(now); slot >= 0; slot = from.pop(now)) to.push(slot);
    }
  }

  nextDue(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const element of this.elements) due = Math.min(due, element.nextDue());
    return due;
  }

  get pending(): number {
    return this.elements.reduce((sum, { pending }) => sum + pending, 0);
  }
}

/** Every element draws from a generator of its own: turning one on does not shift the others' draws. */
function chosen(around: Surroundings, settings: Impairment, random: Random): Element[] {
  const fork = (): Random => random.fork();
  const [loss, burst, duplicate, corrupt, delay] = [fork(), fork(), fork(), fork(), fork()];
  const elements: Element[] = [];
  if (settings.loss) elements.push(new Loss(around, new Chance(loss, settings.loss, settings.lossCorrelation)));
  if (settings.gilbertElliott) elements.push(new Loss(around, new BurstChance(burst, settings.gilbertElliott)));
  if (settings.duplicate) elements.push(new Duplicate(around, duplicate, settings.duplicate));
  if (settings.corrupt) elements.push(new Corrupt(around, corrupt, settings.corrupt));
  // The limit is that of the bottleneck's queue; without a bottleneck there is only the flight to limit.
  const limit = queueLimit(settings, around);
  if (settings.rateBits) elements.push(new Rate(around, settings, limit));
  if (settings.trace) elements.push(new Trace(around, settings, limit));
  if (settings.delayMicros || settings.jitterMicros) {
    elements.push(new Delay(around, delay, settings, hasBottleneck(settings) ? around.slots.count : limit));
  }
  return elements;
}

function hasBottleneck({ rateBits, trace }: Impairment): boolean {
  return rateBits !== undefined || trace !== undefined;
}

function queueLimit(settings: Impairment, around: Surroundings): number {
  return settings.queuePackets ?? (hasBottleneck(settings) ? defaultQueue : around.slots.count);
}

/**
 * Packets that one direction must be able to hold: the queue and what is in flight at the rate, or without one at 250,000
 * packets/s (more than the pump moves), within 2,000 and 50,000.
 */
export function slotsFor(settings: Impairment, mtu: number): number {
  const flight = flightMicros(settings);
  const perSecond = settings.rateBits ? Math.min(250_000, (settings.rateBits / (8 * Math.min(mtu, 300))) * 2) : 250_000;
  const wanted = (settings.queuePackets ?? defaultQueue) + (flight / 1e6) * perSecond;
  return Math.max(2000, Math.min(50_000, Math.ceil(wanted)));
}
