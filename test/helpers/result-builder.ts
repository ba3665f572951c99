import { Random } from '../../src/base/numbers/random.js';
import { encodeHistogram } from '../../src/metrics/hdr-codec.js';
import { Histogram } from '../../src/metrics/histogram.js';
import { type DistributionName, isEventMetric, type ValueName } from '../../src/metrics/registry.js';
import type { Cell, Distribution, LedgerRow, MetricSet, Result, Timeline } from '../../src/result/types.js';

/** One arm of a fabricated result; the numbers are typical microseconds on a link without delay. */
export interface ArmModel {
  readonly name: string;
  readonly transport: string;
  /** Round trips until transport ready; CONNACK takes one more, SUBACK two more. */
  readonly handshakeRoundTrips: number;
  /** What an address change does. */
  readonly survivesRebind: boolean;
}

export const armModels = {
  tcp: { name: 'tcp', transport: 'tcp', handshakeRoundTrips: 1, survivesRebind: false },
  tls: { name: 'tls', transport: 'tls', handshakeRoundTrips: 2, survivesRebind: false },
  quic: { name: 'quic', transport: 'quic', handshakeRoundTrips: 1, survivesRebind: true },
} as const satisfies Record<string, ArmModel>;

export interface BuildOptions {
  readonly name?: string;
  readonly arms?: readonly ArmModel[];
  /** Round-trip times in milliseconds, one network each. */
  readonly networks?: readonly number[];
  readonly repeats?: number;
  readonly seed?: number;
  /** Factor on every latency of this result, e.g. 1.2 for a broker that became 20 % slower. */
  readonly slower?: number;
  /** Coefficient of variation from repeat to repeat, common to all latencies of a cell. Default 0.05. */
  readonly noise?: number;
  /** Without samples and timeline: only the numbers that a comparison reads. Fast enough for simulations. */
  readonly numbersOnly?: boolean;
  readonly rebind?: boolean;
  readonly kernel?: string;
  readonly clients?: number;
}

const settings = {
  name: 'fabricated',
  arms: Object.values(armModels) as readonly ArmModel[],
  networks: [1, 30] as readonly number[],
  repeats: 3,
  seed: 1,
  slower: 1,
  noise: 0.05,
  numbersOnly: false,
  rebind: true,
  kernel: '6.1.0-18-amd64',
  clients: 200,
};
type Settings = typeof settings;

/** A result as a run leaves it behind, with real HDR histograms; the same options give the same result. */
export function buildResult(options: BuildOptions = {}): Result {
  const s: Settings = { ...settings, ...options } as Settings;
  const random = new Random(s.seed);
  const cells: Cell[] = [];
  for (let repeat = 1; repeat <= s.repeats; repeat++) {
    for (const rtt of s.networks) for (const arm of s.arms) cells.push(buildCell(s, arm, rtt, repeat, random.fork()));
  }
  return {
    format: 'mqbench-result',
    schema: 1,
    scenario: {
      name: s.name,
      title: 'A fleet behind a NAT whose address changes',
      why: 'Fabricated for tests.',
      sources: ['https://www.rfc-editor.org/rfc/rfc9000#section-9'],
      resolved: { clients: s.clients, repeat: s.repeats, networks: s.networks },
    },
    provenance: {
      command: ['mqbench', 'run', s.name],
      mqbench: '0.1.0',
      node: 'v20.20.2',
      packages: { aedes: '1.2.0', '@matrixai/quic': '2.0.9' },
      machine: { platform: 'linux', kernel: s.kernel, cpu: 'Fabricated CPU', cores: 2, memoryBytes: 24 * 2 ** 30 },
      seed: s.seed,
      workers: 1,
      lab: { backend: 'tun', description: { emulator: 'TUN, seeded' } },
    },
    startedAt: '2026-11-20T10:00:00.000Z',
    finishedAt: '2026-11-20T10:09:30.000Z',
    status: 'finished',
    planned: cells.map((cell) => cell.id),
    cells,
    expectations: [
      { text: 'quic@*: clients.reconnected == 0', outcome: 'held', found: '0 in all cells' },
      { text: 'tls@30ms: connect.connack.p95 < 80ms', outcome: 'missed', found: '98.1 ms' },
    ],
    doubts: [{ code: 'unequal-terms', message: 'fabricated: the arms do not share a congestion control' }],
  };
}

/** A normal deviate (Box and Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

function buildCell(s: Settings, arm: ArmModel, rttMs: number, repeat: number, random: Random): Cell {
  const rtt = rttMs * 1000;
  const speed = s.slower * Math.exp(s.noise * normal(random));
  const sample = (name: DistributionName, typical: number, count: number, set: Record<string, Distribution>) => {
    set[name] = s.numbersOnly ? fewNumbers(typical * speed, random) : distribution(typical * speed, count, random);
  };
  const stages = (from: number) => (arm.handshakeRoundTrips + from) * rtt + 800 * (1 + from);
  const distributions: Record<string, Distribution> = {};
  sample('connect.transport', stages(0), s.clients, distributions);
  sample('connect.connack', stages(1), s.clients, distributions);
  sample('connect.suback', stages(2), s.clients, distributions);
  sample('publish.ack', rtt + 900, 2000, distributions);
  sample('delivery.e2e', rtt + 1100, 2000, distributions);
  sample('loop.delay', 1200, 500, distributions);
  const reconnects = s.rebind && !arm.survivesRebind;
  if (reconnects) {
    sample('reconnect.transport', 3e6 + stages(0), s.clients, distributions);
    sample('reconnect.connack', 3e6 + stages(1), s.clients, distributions);
    sample('reconnect.suback', 3e6 + stages(2), s.clients, distributions);
  }
  if (s.rebind) sample('delivery.gap', reconnects ? 3.2e6 + 4 * rtt : 60e3 + 2 * rtt, s.clients, distributions);
  const metrics: MetricSet = { distributions, values: valuesOf(s, reconnects) };
  return {
    id: `${arm.name}@${rttMs}ms${repeat > 1 ? `#${repeat}` : ''}`,
    arm: arm.name,
    transport: arm.transport,
    network: {
      name: `${rttMs}ms`,
      profile: { up: { delayMicros: rtt / 2 }, down: { delayMicros: rtt / 2 } },
      rttMicros: rtt,
    },
    repeat,
    status: 'finished',
    startedAt: '2026-11-20T10:00:00.000Z',
    durationMicros: 31e6,
    metrics,
    windows: { before: metrics, after: metrics },
    theoryRoundTrips: { 'connect.connack': arm.handshakeRoundTrips + 1 },
    ledger: [ledgerRow(s, reconnects)],
    errors: reconnects ? [{ code: 'ECONNRESET', message: 'connection reset by peer', count: s.clients }] : [],
    link: { up: counters(30_000, 2_400_000), down: counters(28_000, 1_900_000) },
    calibration: { packets: 100, lost: 0, rttP50Micros: rtt + 120, rttP95Micros: rtt + 340, reordered: 0 },
    events: s.rebind
      ? [
          {
            name: 'rebind',
            atMicros: 10e6,
            metrics: ofEvent(metrics),
            proof: { kind: 'rebind', conntrackBefore: 200, conntrackAfter: 0 },
          },
        ]
      : [],
    resources: [
      { role: 'load', processes: 1, cpuUserMicros: 5e6, cpuSystemMicros: 2e6, peakRssBytes: 180e6 },
      { role: 'broker', processes: 1, cpuUserMicros: 4e6 * speed, cpuSystemMicros: 1.5e6, peakRssBytes: 140e6 },
    ],
    counters: { 'broker.pathChanges': arm.survivesRebind ? s.clients : 0 },
    timeline: s.numbersOnly ? undefined : timelineOf(reconnects, rtt),
    doubts:
      repeat === 1 && arm.name === 'tls'
        ? [
            {
              code: 'few-samples',
              metric: 'connect.connack',
              message: '200 samples are too few for P99.9',
              advice: 'raise clients to 1,000',
            },
          ]
        : [],
  };
}

/** Log-normal around the typical value, as latencies are: P95 about 1.4 times the median. */
function distribution(typical: number, count: number, random: Random): Distribution {
  const histogram = new Histogram();
  for (let i = 0; i < count; i++) histogram.record(typical * Math.exp(0.2 * normal(random)));
  return {
    count,
    min: histogram.min,
    mean: histogram.mean,
    p50: histogram.percentile(50),
    p90: histogram.percentile(90),
    p95: histogram.percentile(95),
    p99: histogram.percentile(99),
    p999: histogram.percentile(99.9),
    max: histogram.max,
    histogram: encodeHistogram(histogram),
  };
}

/** Percentiles with a little noise of their own: those of one cell move together, but not in step. */
function fewNumbers(typical: number, random: Random): Distribution {
  const wobble = (factor: number) => typical * factor * Math.exp(0.01 * normal(random));
  const [p50, p90, p95, p99] = [wobble(1), wobble(1.3), wobble(1.4), wobble(1.6)];
  return {
    count: 1000,
    min: typical / 2,
    mean: typical,
    p50,
    p90,
    p95,
    p99,
    p999: p99 * 1.2,
    max: p99 * 1.5,
    histogram: '',
  };
}

/** Of the only event of a cell: what of its numbers belongs to it. */
export function ofEvent({ distributions, values }: MetricSet): MetricSet {
  const own = <T extends object>(of: T): T =>
    Object.fromEntries(Object.entries(of).filter(([name]) => isEventMetric(name))) as T;
  return { distributions: own(distributions), values: own(values) };
}

function valuesOf(s: Settings, reconnects: boolean): Partial<Record<ValueName, number>> {
  return {
    'clients.asked': s.clients,
    'clients.connected': s.clients,
    'clients.failed': 0,
    'clients.survived': reconnects ? 0 : s.clients,
    'clients.reconnected': reconnects ? s.clients : 0,
    'messages.offered': 20_000,
    'messages.sent': 20_000,
    'messages.received': 20_000,
    'messages.missing': 0,
    'rate.achieved': 1000,
  };
}

function ledgerRow(s: Settings, reconnects: boolean): LedgerRow {
  const offered = 20_000;
  const resent = reconnects ? s.clients : 0;
  return {
    qos: 1,
    offered,
    sent: offered,
    resent,
    acknowledged: offered,
    received: offered,
    duplicate: Math.round(resent / 4),
    disordered: 0,
    missing: 0,
    verdict: 'kept',
  };
}

function counters(packets: number, bytes: number): Record<string, number> {
  return {
    packetsIn: packets,
    bytesIn: bytes,
    packetsOut: packets,
    bytesOut: bytes,
    packetsLost: 0,
    packetsOverflowed: 0,
  };
}

/** 30 one-second steps; a fleet that has to reconnect is silent from second 10 to 13 and then catches up. */
function timelineOf(reconnects: boolean, rtt: number): Timeline {
  const steps = Array.from({ length: 30 }, (_, second) => second);
  const silent = (second: number) => reconnects && second >= 10 && second < 13;
  return {
    stepMicros: 1e6,
    trafficFromMicros: 0,
    series: {
      offered: steps.map(() => 1000),
      acknowledged: steps.map((second) => (silent(second) ? 0 : reconnects && second === 13 ? 4000 : 1000)),
      received: steps.map((second) => (silent(second) ? 0 : reconnects && second === 13 ? 4000 : 1000)),
      ackP95: steps.map((second) => (silent(second) ? 0 : second === 13 && reconnects ? 3.1e6 : rtt + 1400)),
    },
  };
}
