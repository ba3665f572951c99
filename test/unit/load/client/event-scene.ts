import { nowMicros } from '../../../../src/base/clock.js';
import type { EventReport } from '../../../../src/load/messages.js';
import { Histogram } from '../../../../src/metrics/histogram.js';
import type { DistributionName } from '../../../../src/metrics/registry.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import { startFleet, VirtualScene, virtualPlan } from '../worker/virtual-fleet.js';

const reconnect = { firstMicros: 100_000, maxMicros: 100_000 };

/**
 * Events on a virtual clock, to the millisecond. Two clients publish ten times a second each; acknowledgements come
 * 30 ms later. Reconnects take their wait (50–100 ms) and 35 ms.
 */
export class EventScene extends VirtualScene {
  began = 0;

  override begin(): void {
    super.begin();
    this.began = nowMicros();
  }

  async start(over: Partial<LoadPlan> = {}): Promise<void> {
    const plan = virtualPlan({ clients: 2, subscribe: undefined, reconnect, connectRate: 1000, ...over });
    this.fleet = startFleet(this.broker, plan);
    this.fleet.loop.connect(nowMicros());
    await this.clock.until(100);
    if (plan.publish !== undefined) this.fleet.loop.startPublishing(nowMicros());
  }

  readonly mark = (name: string): void => this.fleet.worker.events.mark(name);

  /** @param from milliseconds since the start */
  readonly happened = (name: string, from: number, to = from, pathMillis = 0, addresses?: string[]): void => {
    const [beganMicros, endedMicros] = [from, to].map((millis) => this.began + millis * 1000) as [number, number];
    const act = { beganMicros, endedMicros, ...(addresses ? { addresses } : {}) };
    this.fleet.worker.events.happened(name, { acts: [act], pathMicros: pathMillis * 1000 });
  };

  readonly report = (name: string): EventReport => {
    const found = this.fleet.worker.events.report().find((event) => event.name === name);
    if (found === undefined) throw new Error(`no event ${name}`);
    return found;
  };

  /** Survived, reconnected, lost, unknown. */
  readonly outcome = (name: string): number[] => {
    const { survived, reconnected, lost, unknown } = this.report(name).outcome;
    return [survived, reconnected, lost, unknown];
  };

  /** Least and most, milliseconds. */
  readonly spread = (name: string, metric: DistributionName): number[] => {
    const data = this.report(name).histograms[metric];
    if (data === undefined) return [];
    const histogram = new Histogram();
    histogram.addData(data);
    return [histogram.min, histogram.max].map((micros) => Math.round(micros / 1000));
  };
}
