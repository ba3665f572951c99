import type { Worker } from '../../worker/worker.js';
import { Executor } from './executor.js';

/** Every client publishes as soon as it may: acknowledgements set the pace, so after the start there is nothing to wait for. */
export class ClosedLoop extends Executor {
  private begun = false;

  constructor(
    private readonly worker: Worker,
    private readonly startMicros: number,
  ) {
    super();
  }

  run(now: number): void {
    if (this.next() > now) return;
    this.begun = true;
    this.worker.publishing.allow();
    this.turn();
  }

  protected due(): number {
    return this.begun ? Number.POSITIVE_INFINITY : this.startMicros;
  }

  private readonly turn = (): void => {
    const { publishing, clients, clock, plan } = this.worker;
    if (!publishing.isOn || clock() >= this.endMicros) return;
    for (const client of clients) {
      client.pump(false);
      client.session.flush();
    }
    // Acknowledgements keep QoS 1 and 2 going; nothing answers QoS 0, so the next turn comes by itself.
    if (plan.publish?.qos === 0) setImmediate(this.turn);
  };
}
