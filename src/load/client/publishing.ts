import type { LoadPlan } from '../../plan/plan.js';
import { shareOf } from '../pace/split.js';
import { type Timetable, timetableOf } from '../pace/timetable.js';
import { publisherCount } from './naming.js';

/** What the clients of a worker publish when, and whether they may. Times are microseconds of the monotonic clock. */
export class Publishing {
  /** Clients may publish. */
  isOn = false;
  /** What due times count from; 0 before publishing. */
  start = 0;
  /** Silence counts from here; Infinity before publishing, and where nobody publishes. */
  silenceFrom = Number.POSITIVE_INFINITY;
  /** When the last message of a closed loop was written; 0: none was. */
  lastSent = 0;
  /** As fast as acknowledgements allow. */
  readonly isClosedLoop: boolean;
  /** When messages are due; undefined in a closed loop, and where nothing is published. */
  readonly timetable: Timetable | undefined;

  constructor(private readonly plan: LoadPlan) {
    this.isClosedLoop = plan.publish?.pace.kind === 'closed';
    this.timetable = timetableOf(plan);
  }

  /** @param sequence over all topics, or within `flow` where topics have a pace of their own */
  dueOf(client: number, sequence: number, flow: number): number {
    return this.start + (this.timetable as Timetable).dueAt(client, sequence, flow);
  }

  /** Most messages of a client in a closed loop; Infinity without a limit. */
  limitOf(client: number): number {
    const limit = this.plan.publish?.limit;
    if (limit === undefined) return Number.POSITIVE_INFINITY;
    return shareOf(limit, { worker: client, workers: publisherCount(this.plan) });
  }
}
