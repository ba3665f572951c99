import type { Random } from '../../../base/numbers/random.js';
import type { Impairment } from '../../contract.js';
import { Queued, type Surroundings } from './element.js';
import { jitterSource } from './jitter.js';

/**
 * Lets packets out in groups, as netem's `slot` does (net/sched/sch_netem.c, netem_dequeue): a turn to send has to be waited
 * for, then everything that is due leaves, up to so many packets or bytes, and the wait for the next turn begins. A turn that
 * would be over before the next packet is due is waited for anew whenever a packet comes or leaves, so the wait may begin
 * while that packet is still under way.
 */
export class Grouping extends Queued {
  private readonly variation: () => number;
  /** When the turn comes that packets wait for. */
  private turn = Number.NEGATIVE_INFINITY;
  private packetsLeft = 0;
  private bytesLeft = 0;

  /** @param ahead when the next packet will be due here that is not here yet */
  constructor(
    around: Surroundings,
    random: Random,
    private readonly settings: NonNullable<Impairment['slot']>,
    limit: number,
    private readonly ahead: () => number,
  ) {
    super(around, limit);
    const { jitterMicros, distribution } = settings;
    this.variation = jitterSource(random, { jitterMicros, jitterDistribution: distribution });
  }

  protected take(slot: number): void {
    this.queue.push(slot);
    if (this.queue.length === 1) this.look(this.around.slots.at[slot]!);
  }

  /** A packet came into the link, left it, or is due here. */
  look(now: number): void {
    const due = this.queue.length === 0 ? this.ahead() : super.nextDue();
    if (due !== Number.POSITIVE_INFINITY && this.turn < due) this.wait(Math.min(now, due));
  }

  private wait(from: number): void {
    const { waitMicros, packets, bytes } = this.settings;
    this.turn = from + Math.max(0, waitMicros + this.variation());
    this.packetsLeft = packets ?? Number.POSITIVE_INFINITY;
    this.bytesLeft = bytes ?? Number.POSITIVE_INFINITY;
  }

  override pop(now: number): number {
    const leaves = this.nextDue();
    if (leaves > now) return -1;
    const slot = this.queue.shift();
    if (slot < 0) return -1;
    const { at, length } = this.around.slots;
    at[slot] = leaves;
    this.packetsLeft--;
    this.bytesLeft -= length[slot]!;
    if (this.packetsLeft <= 0 || this.bytesLeft <= 0) this.wait(leaves);
    this.look(leaves);
    return slot;
  }

  override nextDue(): number {
    return Math.max(super.nextDue(), this.turn);
  }
}
