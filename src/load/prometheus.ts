import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { type Histogram, highestOf } from '../metrics/histogram.js';
import { keptCounter } from '../metrics/kept-counter.js';
import type { LoadPlan } from '../plan/plan.js';
import type { LoadProgress } from './contract.js';

const prefix = 'mqbench_load_';

/** Upper bounds in seconds: from a local broker's tenth of a millisecond to a path that hangs. */
const bounds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** What the exporter reads; the coordinator has it, at most half a second old. */
export interface LoadState {
  readonly progress: LoadProgress;
  readonly acknowledged: Histogram;
  readonly delivered: Histogram;
  readonly connected: Histogram;
}

type Row<T, V> = readonly [name: string, help: string, of: (state: T) => V];

const gauges: readonly Row<LoadProgress, number>[] = [
  ['clients_connected', 'Clients connected (and subscribed)', ({ connected }) => connected],
  ['publishes_in_flight', 'Publishes that wait for an acknowledgement', ({ inFlight }) => inFlight],
];
const counters: readonly Row<LoadProgress, number>[] = [
  ['connect_failures', 'Connect attempts that failed', ({ failed }) => failed],
  ['publishes_offered', 'Publishes that were due', ({ offered = 0 }) => offered],
  ['publishes_sent', 'Publishes written at least once', ({ sent = 0 }) => sent],
  ['publishes_acknowledged', 'Publishes acknowledged', ({ acknowledged }) => acknowledged],
  ['publishes_late', 'Publishes written more than 5 ms after they were due', ({ lateSends }) => lateSends],
  ['messages_received', 'Messages that arrived, first copies only', ({ received }) => received],
];
const histograms: readonly Row<LoadState, Histogram>[] = [
  ['publish_ack', 'Publish due to PUBACK or PUBCOMP', ({ acknowledged }) => acknowledged],
  ['delivery', 'Publish due to arrival at the subscriber', ({ delivered }) => delivered],
  ['connect', 'Connect due to CONNACK', ({ connected }) => connected],
];

/** The generator for Prometheus: base units, `_total` on what only rises, histograms filled from the recorders. */
export function loadRegistry(plan: LoadPlan, read: () => LoadState): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  gauge(registry, 'clients_asked', 'Clients asked for', () => plan.clients);
  for (const [name, help, of] of gauges) gauge(registry, name, help, () => of(read().progress));
  for (const [name, help, of] of counters)
    keptCounter(registry, `${prefix}${name}_total`, help, () => of(read().progress));
  for (const [name, help, of] of histograms) histogram(registry, `${name}_seconds`, help, () => of(read()));
  return registry;
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name: prefix + name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** prom-client's own histogram takes one sample at a time; ours has them counted already. */
function histogram(registry: Registry, name: string, help: string, read: () => Histogram): void {
  const metric = {
    name: prefix + name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    get: () => Promise.resolve({ ...metric, values: bucketValues(prefix + name, read()) }),
    reset: () => {},
  };
  registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
}

interface BucketValue {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Cumulative buckets of an HDR histogram of microseconds; a sample counts where its counter ends, to 3 digits. */
export function bucketValues(name: string, source: Histogram): BucketValue[] {
  const counts = bounds.map(() => 0);
  source.forEach((index, count) => {
    const seconds = highestOf(index) / 1e6;
    for (let i = bounds.length - 1; i >= 0 && seconds <= (bounds[i] as number); i--)
      counts[i] = (counts[i] as number) + count;
  });
  const buckets = bounds.map((bound, i) => bucket(name, String(bound), counts[i] as number));
  const sum = source.count === 0 ? 0 : (source.mean * source.count) / 1e6;
  return [
    ...buckets,
    bucket(name, '+Inf', source.count),
    { metricName: `${name}_sum`, labels: {}, value: sum },
    { metricName: `${name}_count`, labels: {}, value: source.count },
  ];
}

function bucket(name: string, le: string, value: number): BucketValue {
  return { metricName: `${name}_bucket`, labels: { le }, value };
}
