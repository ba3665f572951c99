import type { Clock } from '../../../base/clock.js';
import type { LoadPlan } from '../../../plan/plan.js';
import type { VirtualClient } from '../../client/client.js';
import { Executor } from './executor.js';
import { giveUp } from './give-up.js';

interface Stay {
  readonly client: VirtualClient;
  readonly generation: number;
  readonly until: number;
}

/** A client that is up leaves after its stay, and is due again when it has been away. */
export class Churn extends Executor {
  /** All stays are equally long, so who came first leaves first. */
  private stays: Stay[] = [];
  private first = 0;

  constructor(
    private readonly plan: NonNullable<LoadPlan['churn']>,
    private readonly clock: Clock,
    /** Lets a client dial again at that time. */
    private readonly redial: (client: VirtualClient, due: number) => void,
  ) {
    super();
  }

  /** A client has come up. */
  arrived(client: VirtualClient): void {
    this.stays.push({ client, generation: client.generation, until: this.clock() + this.plan.stayMicros });
  }

  run(now: number): void {
    for (; this.next() <= now; this.first++) {
      const { client, generation } = this.stays[this.first] as Stay;
      if (client.generation === generation) void this.leave(client);
    }
    if (this.first === 0 || this.first < this.stays.length / 2) return;
    this.stays = this.stays.slice(this.first);
    this.first = 0;
  }

  protected due(): number {
    return this.stays[this.first]?.until ?? Number.POSITIVE_INFINITY;
  }

  private async leave(client: VirtualClient): Promise<void> {
    const { politely, awayMicros } = this.plan;
    const back = this.clock() + awayMicros;
    if (!(await giveUp(client, politely))) return;
    client.returnDue(back);
    this.redial(client, back);
  }
}
