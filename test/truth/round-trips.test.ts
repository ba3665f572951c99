import { describe, expect, test } from 'vitest';
import { Disposer } from '../../src/base/disposer.js';
import type { Spawn } from '../../src/base/process/child.js';
import { startBroker } from '../../src/broker/process.js';
import type { Place } from '../../src/lab/contract.js';
import { openLab } from '../../src/lab/lab.js';
import type { LoadReport } from '../../src/load/contract.js';
import { Coordinator } from '../../src/load/coordinator.js';
import type { DistributionName } from '../../src/metrics/registry.js';
import type { TransportName } from '../../src/transport/contract.js';
import { atRate, filler } from '../helpers/plans.js';
import { availableBackends } from '../lab/conditions.js';
import { planFor, sleep } from './plan.js';

/** So long that what a busy machine adds is far from a round trip. */
const rttMicros = 200_000;
const clients = 40;
const backends = await availableBackends();

// Round trips until CONNACK. TCP: SYN and SYN-ACK, CONNECT and CONNACK. TLS 1.3 over TCP: one more for the
// handshake (RFC 8446 section 2). QUIC: transport and cryptographic handshake are one (RFC 9001 section 4.1).
const roundTrips = { tcp: 2, tls: 3, quic: 2 } as const;

async function measure(transport: TransportName): Promise<{ report: LoadReport; rtt: number }> {
  const disposer = new Disposer();
  const half = { delayMicros: rttMicros / 2 };
  const lab = await openLab({ backend: backends[0], profile: { up: half, down: half }, seed: 1 });
  disposer.add('lab', () => lab.close().then(() => {}));
  const spawnAt =
    (place: Place): Spawn =>
    (command, args, options) =>
      lab.spawn(place, command, args, options);
  try {
    const { serverAddress } = lab;
    const rtt = (await lab.calibrate({ packets: 60, intervalMicros: 10_000 })).rttP50Micros;
    const listeners = { [transport]: { port: 0 } };
    const broker = await startBroker({ host: serverAddress, names: [serverAddress], listeners }, spawnAt('server'));
    disposer.add('broker', () => broker.close());
    const address = broker.ready.addresses[transport] as { host: string; port: number };
    const plan = planFor(address.port, {
      clients,
      target: { transport, hosts: [address], tls: { ca: broker.ready.ca } },
      connectRate: 40,
      subscribe: { topic: 'truth/%c', qos: 1 },
      publish: { topic: 'truth/%c', qos: 1, payload: filler(64), pace: atRate(100), inflight: 10 },
    });
    const load = await Coordinator.start(plan, { workers: 1, spawn: spawnAt('client') });
    disposer.add('load', () => load.close());
    expect(await load.connectAll()).toEqual({ connected: clients, failed: 0 });
    await load.startPublishing();
    await sleep(2_000);
    await load.stopPublishing();
    expect(await load.drain(5e6)).toBe(true);
    return { report: await load.collect(), rtt };
  } finally {
    expect(await disposer.dispose()).toEqual([]);
  }
}

const inTheLab = { timeout: 60_000, concurrent: true };
describe.skipIf(backends.length === 0)('a path with a round trip of 200 ms', inTheLab, () => {
  test.for(Object.entries(roundTrips) as [TransportName, number][])(
    '%s takes %i round trips until CONNACK, one more until SUBACK, one to publish, and loses nothing',
    async ([transport, trips], { expect }) => {
      const { report, rtt } = await measure(transport);
      const { distributions, values } = report.metrics;
      /** Nothing is faster than the path, half of all are less than a round trip slower; one more would slow all by a whole one. */
      const expectTrips = (name: DistributionName, trips: number): void => {
        expect(distributions[name]?.min, name).toBeGreaterThanOrEqual(trips * rttMicros);
        expect(distributions[name]?.p50, name).toBeLessThanOrEqual((trips + 0.9) * rttMicros);
      };
      expect(rtt).toBeGreaterThan(rttMicros * 0.98);
      expect(rtt).toBeLessThan(rttMicros * 1.5); // a way that is delayed twice would make it so much
      expectTrips('connect.connack', trips);
      expectTrips('connect.suback', trips + 1);
      expectTrips('publish.ack', 1);
      expectTrips('delivery.e2e', 1);
      expect(values['messages.missing']).toBe(0);
      expect(values['messages.duplicate']).toBe(0);
      expect(values['messages.disordered']).toBe(0);
      expect(values['messages.received']).toBe(values['messages.offered']);
      expect(report.ledger[0]?.verdict).toBe('kept');
    },
  );
});
