import type { DistributionName } from '../../../src/metrics/registry.js';
import type { Cell, Distribution, MetricSet, Result } from '../../../src/result/types.js';
import { ofEvent } from '../../helpers/result-builder.js';

/** A distribution around a median; only shapes matter to renderers, so the histogram itself is empty. */
export function around(p50: number, spread = 0.1, count = 200): Distribution {
  return {
    count,
    min: p50 * (1 - spread),
    mean: p50,
    p50,
    p90: p50 * (1 + spread),
    p95: p50 * (1 + 1.5 * spread),
    p99: p50 * (1 + 2 * spread),
    p999: p50 * (1 + 3 * spread),
    max: p50 * (1 + 4 * spread),
    histogram: '',
  };
}

export function metricSet(
  distributions: Partial<Record<DistributionName, Distribution>>,
  values: MetricSet['values'] = {},
): MetricSet {
  return { distributions, values };
}

const roundTrips: Record<string, number> = { tcp: 1, tls: 2, quic: 1 };

/** A finished cell as the demo would leave it: TCP and TLS reconnect after the rebind, QUIC goes on. */
export function cell(arm: string, rttMicros: number, more: Partial<Cell> = {}): Cell {
  const ready = roundTrips[arm] ?? 1;
  const at = (trips: number): Distribution => around(trips * rttMicros + 700, 0.05);
  const survives = arm === 'quic';
  const packets = { packetsIn: 12_345, bytesIn: 1_234_567, packetsOut: 12_345, bytesOut: 1_234_567 };
  const link = {
    ...packets,
    packetsLost: 0,
    packetsOverflowed: 0,
    packetsReordered: 0,
    packetsDuplicated: 0,
    packetsCorrupted: 0,
  };
  const network = `${rttMicros / 1000}ms`;
  const metrics = metricSet(
    {
      'connect.transport': at(ready),
      'connect.connack': at(ready + 1),
      'connect.suback': at(ready + 2),
      'publish.ack': at(1),
      ...(survives ? {} : { 'reconnect.connack': around(2_300_000, 0.2) }),
    },
    {
      'clients.asked': 200,
      'clients.connected': 200,
      'clients.survived': survives ? 200 : 0,
      'clients.reconnected': survives ? 0 : 200,
      'clients.lost': 0,
      'messages.offered': 4000,
      'messages.missing': 0,
      'messages.duplicate': survives ? 0 : 412,
    },
  );
  return {
    id: `${arm}@${network}`,
    arm,
    transport: arm,
    network: { name: network, profile: {}, rttMicros },
    repeat: 1,
    status: 'finished',
    startedAt: '2026-11-20T22:00:00.000Z',
    durationMicros: 14e6,
    metrics,
    windows: {
      before: metricSet({ 'publish.ack': at(1), 'delivery.e2e': at(1) }),
      after: metricSet({
        'publish.ack': around(survives ? rttMicros : 1_900_000, 0.4),
        'delivery.gap': around(survives ? 700_000 : 2_800_000),
      }),
    },
    theoryRoundTrips: { 'connect.transport': ready, 'connect.connack': ready + 1, 'connect.suback': ready + 2 },
    ledger: [],
    errors: [],
    link: { up: link, down: { ...link, packetsIn: 1_234_567 } },
    calibration: { packets: 50, lost: 0, rttP50Micros: rttMicros + 90, rttP95Micros: rttMicros + 200, reordered: 0 },
    events: [
      {
        name: 'rebind',
        atMicros: 4_000_100,
        tookMicros: 20_000,
        metrics: ofEvent(metrics),
        proof: { kind: 'rebind', outerBefore: ['a'], outerAfter: ['b'] },
      },
    ],
    resources: [
      { role: 'generator', processes: 1, cpuUserMicros: 2_100_000, cpuSystemMicros: 700_000, peakRssBytes: 90e6 },
      { role: 'broker', processes: 1, cpuUserMicros: 1_100_000, cpuSystemMicros: 300_000, peakRssBytes: 80e6 },
    ],
    counters: {},
    doubts: [],
    ...more,
  };
}

export function result(cells: readonly Cell[], more: Partial<Result> = {}): Result {
  return {
    format: 'mqbench-result',
    schema: 1,
    scenario: {
      name: 'demo',
      title: "TCP, TLS and QUIC side by side, then every client's address changes",
      resolved: {},
    },
    provenance: {
      command: ['run', 'demo'],
      mqbench: '0.1.0',
      node: 'v20.20.2',
      packages: {},
      machine: { platform: 'linux x64', kernel: '6.18.44 #1 SMP', cpu: 'AMD EPYC', cores: 2, memoryBytes: 24e9 },
      seed: 1,
      workers: 1,
      lab: { backend: 'tun', description: {} },
    },
    startedAt: '2026-11-20T22:00:00.000Z',
    finishedAt: '2026-11-20T22:01:30.000Z',
    status: 'finished',
    planned: cells.map(({ id }) => id),
    cells,
    expectations: [],
    doubts: [],
    ...more,
  };
}
