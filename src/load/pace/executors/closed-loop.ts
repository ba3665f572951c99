import type { Clock } from '../../../base/clock.js';
import type { VirtualClient } from '../../client/client.js';
import { Executor } from './executor.js';

/** What publishing by acknowledgements asks of the worker. */
export interface ClosedLoopHost {
  readonly clients: readonly VirtualClient[];
  readonly clock: Clock;
  readonly plan: { readonly publish?: { readonly qos: number } | undefined };
  readonly publishing: { isOn: boolean };
}

/** Every client publishes as soon as it may: acknowledgements set the pace, so after the start there is nothing to wait for. */
export class ClosedLoop extends Executor {
  private begun = false;

  constructor(
    private readonly host: ClosedLoopHost,
    private readonly startMicros: number,
  ) {
    super();
  }

  run(now: number): void {
    if (this.next() > now) return;
    this.begun = true;
    this.host.publishing.isOn = true;
    this.turn();
  }

  protected due(): number {
    return this.begun ? Number.POSITIVE_INFINITY : this.startMicros;
  }

  private readonly turn = (): void => {
    if (!this.host.publishing.isOn || this.host.clock() >= this.endMicros) return;
    for (const client of this.host.clients) {
      client.pump(false);
      client.session.flush();
    }
    // Acknowledgements keep QoS 1 and 2 going; nothing answers QoS 0, so the next turn comes by itself.
    if (this.host.plan.publish?.qos === 0) setImmediate(this.turn);
  };
}
