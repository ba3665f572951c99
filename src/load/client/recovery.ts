import type { DistributionName } from '../../metrics/registry.js';
import type { Books } from '../tally/books.js';
import type { Outstanding } from '../worker/outstanding.js';
import type { MarkedEvent } from './marked-event.js';

interface Sample {
  readonly metric: DistributionName;
  readonly now: number;
  /** Undefined: from the cut. */
  readonly from: number | undefined;
}

/**
 * A client's way back after its connection was cut. Latencies count from the cut; an event that is still going on may
 * turn out to be what cut it, so samples wait until that is known.
 */
export class Recovery {
  private cutAt: number | undefined;
  private event: MarkedEvent | undefined;
  private waiting: Sample[] = [];

  /** @param books where samples go, in the segment that the cut lies in */
  constructor(private readonly books: Pick<Books, 'segment'>) {}

  /** @param from undefined: from the cut */
  record(metric: DistributionName, now: number, from?: number): void {
    if (this.cutAt === undefined) this.waiting.push({ metric, now, from });
    else this.write({ metric, now, from }, this.cutAt);
  }

  /** The connection was cut at this time. @param event by it; undefined: by nothing that is known */
  since(cutAt: number, event?: MarkedEvent): void {
    this.cutAt = cutAt;
    this.event = event;
    for (const sample of this.waiting.splice(0)) this.write(sample, cutAt);
  }

  /** The peer ended it for reasons of its own: when it did was not measured, so the rest counts from when it was noticed. */
  sinceNoticed(noticed: number): void {
    this.waiting = this.waiting.filter(({ metric }) => metric !== 'reconnect.noticed');
    this.since(noticed);
  }

  /** A stage of a return that is not finished. @param isPassed it was passed then; otherwise not before */
  stage(to: Outstanding, metric: DistributionName, isPassed: boolean, until: number, from?: number): void {
    if (this.cutAt === undefined || this.cutAt > to.now) return; // it is to come back later
    const micros = until - (from ?? this.cutAt);
    to.stage(metric, this.cutAt, isPassed, micros);
    if (isPassed) this.event?.record(metric, micros);
    else this.event?.leave(metric, micros);
  }

  private write({ metric, now, from }: Sample, cutAt: number): void {
    const micros = now - (from ?? cutAt);
    this.books.segment(cutAt).record(metric, micros);
    this.event?.record(metric, micros);
  }
}
