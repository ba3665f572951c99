import type { ClientStage } from '../../../plan/stages.js';
import type { VirtualClient } from '../../client/client.js';
import type { Worker } from '../../worker/worker.js';
import { globalNumber, type Share, shareOf } from '../split.js';
import { Executor } from './executor.js';
import { giveUp } from './give-up.js';

/** A client of the worker comes, or goes. */
interface Step {
  /** Microseconds after the begin. */
  readonly at: number;
  /** The worker's own number. */
  readonly local: number;
  readonly comes: boolean;
}

/**
 * When the clients of a share come and go. In a stage from a to b over a time T client k comes at T (k - a) / (b - a), so the
 * first comes when the stage begins; who came last goes first, client k at T (a - 1 - k) / (a - b). Computed from the begin of
 * the stage and the number of the client, so delays do not add up and workers need not ask one another.
 */
export function stepsOf(stages: readonly ClientStage[], clients: number, share: Share): Step[] {
  const steps: Step[] = [];
  let [from, began] = [0, 0];
  for (const { toClients: to, overMicros } of stages) {
    for (let local = 0; local < shareOf(clients, share); local++) {
      const number = globalNumber(local, share);
      if (number >= from && number < to)
        steps.push({ at: began + (overMicros * (number - from)) / (to - from), local, comes: true });
      if (number < from && number >= to)
        steps.push({ at: began + (overMicros * (from - 1 - number)) / (from - to), local, comes: false });
    }
    began += overMicros;
    from = to;
  }
  return steps.sort((a, b) => a.at - b.at);
}

/** Clients connect and leave with DISCONNECT, as the stages of their fleet say. */
export class Population extends Executor {
  private readonly steps: readonly Step[];
  private done = 0;

  constructor(
    private readonly worker: Worker,
    stages: readonly ClientStage[],
    private readonly startMicros: number,
  ) {
    super();
    this.steps = stepsOf(stages, worker.plan.clients, worker.share);
  }

  override get isOver(): boolean {
    return this.done >= this.steps.length;
  }

  run(now: number): void {
    for (let at = this.next(); at <= now; at = this.next()) {
      const { local, comes } = this.steps[this.done++] as Step;
      const client = this.worker.clients[local] as VirtualClient;
      if (comes) this.come(client, at);
      else this.go(client);
    }
  }

  /** A client is up: one that was on its way when it was to go goes now. */
  arrived(client: VirtualClient): void {
    if (client.isResting) this.go(client);
  }

  protected due(): number {
    const step = this.steps[this.done];
    return step === undefined ? Number.POSITIVE_INFINITY : this.startMicros + step.at;
  }

  private come(client: VirtualClient, due: number): void {
    if (client.wakes(due)) this.worker.redial(client, due);
  }

  private go(client: VirtualClient): void {
    void giveUp(client, true);
    client.rest();
  }
}
