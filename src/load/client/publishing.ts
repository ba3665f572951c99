import { type LoadPlan, ownTopics } from '../../plan/plan.js';
import { shareOf } from '../pace/split.js';
import { type Timetable, timetableOf } from '../pace/timetable.js';
import { publisherCount } from './naming.js';

/** What the clients of a worker publish when, and whether they may. Times are microseconds of the monotonic clock. */
export class Publishing {
  /** As fast as acknowledgements allow. */
  readonly isClosedLoop: boolean;
  /** When messages are due; undefined in a closed loop, and where nothing is published. */
  readonly timetable: Timetable | undefined;
  /** Topics that take turns; those that have a pace of their own count by themselves. */
  private readonly turns: number;
  /** Clients may publish. */
  isOn = false;
  /** Silence counts from here; Infinity before publishing, and where nothing is ever due. */
  silenceFrom = Number.POSITIVE_INFINITY;
  /** When the last message of a closed loop was written; 0: none was. */
  lastSent = 0;
  /** What due times count from; 0 before publishing. */
  private start = 0;

  /** @param isHeard whether its subscribers may expect messages: somebody of the cell publishes, or others do */
  constructor(
    private readonly plan: LoadPlan,
    private readonly isHeard = plan.publish !== undefined || plan.anyRun === true,
  ) {
    this.isClosedLoop = plan.publish?.pace.kind === 'closed';
    this.timetable = timetableOf(plan);
    this.turns = ownTopics(plan) === undefined ? (plan.topics ?? 1) : 0;
  }

  /** Messages are due from then on; in a closed loop clients may publish when they are {@link allow}ed to. */
  begin(startMicros: number): void {
    this.start = startMicros;
    if (this.isHeard) this.silenceFrom = startMicros;
    this.isOn = !this.isClosedLoop;
  }

  allow(): void {
    this.isOn = true;
  }

  end(): void {
    this.isOn = false;
  }

  noteSent(now: number): void {
    this.lastSent = now;
  }

  /** @param sequence within the client's topic `flow` */
  dueOf(client: number, flow: number, sequence: number): number {
    const number = this.turns > 0 ? sequence * this.turns + flow : sequence;
    return this.start + (this.timetable as Timetable).dueAt(client, number, flow);
  }

  /** Most messages of a client in a closed loop; Infinity without a limit. */
  limitOf(client: number): number {
    const limit = this.plan.publish?.limit;
    if (limit === undefined) return Number.POSITIVE_INFINITY;
    return shareOf(limit, { worker: client, workers: publisherCount(this.plan) });
  }
}
