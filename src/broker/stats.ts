import { nowMicros } from '../base/clock.js';
import { Histogram } from '../metrics/histogram.js';
import { watchLoopDelay } from '../metrics/loop-delay.js';
import { processUse } from '../metrics/resources.js';
import type { Broker } from './broker.js';
import type { BrokerStats } from './contract.js';

/** Reads a broker and the process it runs in. */
export class StatsReader {
  private readonly loopDelay = new Histogram();
  private readonly stopWatching = watchLoopDelay((late) => this.loopDelay.record(late), nowMicros);

  constructor(private readonly broker: Broker) {}

  /** Totals since the start; only the event-loop delay and the peak are since the last call, and what is pending is of now. */
  read(): BrokerStats {
    const { broker, loopDelay } = this;
    const { publishesDelivered } = broker;
    const { publishesReceived } = broker.traffic;
    const loopDelayP99Micros = loopDelay.count === 0 ? 0 : loopDelay.percentile(99);
    loopDelay.reset();
    return {
      connections: broker.connections(),
      ...{ publishesReceived, publishesDelivered },
      ...broker.bytes(),
      ...processUse(),
      loopDelayP99Micros,
      ...broker.pressure.now(),
      counters: broker.counters(),
    };
  }

  stop(): void {
    this.stopWatching();
  }
}
