import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Disposer } from '../../src/base/disposer.js';
import { startBroker } from '../../src/broker/process.js';
import { openLab } from '../../src/lab/lab.js';
import type { LoadReport } from '../../src/load/contract.js';
import { Coordinator } from '../../src/load/coordinator.js';
import type { TransportName } from '../../src/transport/contract.js';
import { availableBackends } from '../lab/conditions.js';
import { planFor, sleep } from './plan.js';

const rttMicros = 30_000;
const clients = 50;
const backends = await availableBackends();

// Round trips until CONNACK. TCP: SYN and SYN-ACK, CONNECT and CONNACK. TLS 1.3 over TCP: one more for the
// handshake (RFC 8446 section 2). QUIC: transport and cryptographic handshake are one (RFC 9001 section 4.1).
const roundTrips = { tcp: 2, tls: 3, quic: 2 } as const;

describe.skipIf(backends.length === 0)('a path with a round trip of 30 ms', () => {
  describe.each(Object.keys(roundTrips) as (keyof typeof roundTrips)[])('%s', (transport: TransportName) => {
    const disposer = new Disposer();
    let report: LoadReport;
    let rtt: number;

    beforeAll(async () => {
      const half = { delayMicros: rttMicros / 2 };
      const lab = await openLab({ backend: backends[0], profile: { up: half, down: half }, seed: 1 });
      disposer.add('lab', () => lab.close().then(() => {}));
      const { serverAddress } = lab;
      rtt = (await lab.calibrate({ packets: 40, intervalMicros: 10_000 })).rttP50Micros;
      const broker = await startBroker(
        { host: serverAddress, names: [serverAddress], listeners: { [transport]: { port: 0 } } },
        (command, args, options) => lab.spawn('server', command, args, options),
      );
      disposer.add('broker', () => broker.close());
      const address = broker.ready.addresses[transport] as { host: string; port: number };
      const plan = planFor(address.port, {
        clients,
        target: { transport, hosts: [address], ca: broker.ready.ca },
        connectRate: 50,
        subscribe: { topic: 'truth/%c', qos: 1 },
        publish: { topic: 'truth/%c', qos: 1, payloadBytes: 64, rate: 100, inflight: 10 },
      });
      const load = await Coordinator.start(plan, {
        workers: 1,
        spawn: (command, args, options) => lab.spawn('client', command, args, options),
      });
      disposer.add('load', () => load.close());
      expect(await load.connectAll()).toEqual({ connected: clients, failed: 0 });
      await load.startPublishing();
      await sleep(2_000);
      await load.stopPublishing();
      expect(await load.drain(5e6)).toBe(true);
      report = await load.collect();
    }, 60_000);
    afterAll(async () => expect(await disposer.dispose()).toEqual([]));

    it('is really 30 ms', () => {
      expect(rtt).toBeGreaterThan(rttMicros * 0.98);
      expect(rtt).toBeLessThan(rttMicros * 1.1);
    });

    it(`takes ${roundTrips[transport as keyof typeof roundTrips]} round trips until CONNACK, P50 within 10 %`, () => {
      const theory = roundTrips[transport as keyof typeof roundTrips] * rttMicros;
      const p50 = report.metrics.distributions['connect.connack']?.p50 as number;
      expect(p50).toBeGreaterThanOrEqual(theory);
      expect(p50).toBeLessThanOrEqual(theory * 1.1);
    });

    it('takes one more until SUBACK', () => {
      const theory = (roundTrips[transport as keyof typeof roundTrips] + 1) * rttMicros;
      const p50 = report.metrics.distributions['connect.suback']?.p50 as number;
      expect(p50).toBeGreaterThanOrEqual(theory);
      expect(p50).toBeLessThanOrEqual(theory * 1.1);
    });

    it('takes one from publish to PUBACK, and one from the publisher to the subscriber', () => {
      for (const metric of ['publish.ack', 'delivery.e2e'] as const) {
        const p50 = report.metrics.distributions[metric]?.p50 as number;
        expect(p50).toBeGreaterThanOrEqual(rttMicros);
        expect(p50).toBeLessThanOrEqual(rttMicros * 1.15);
      }
    });

    it('loses, doubles and disorders nothing', () => {
      const { values } = report.metrics;
      expect(values['messages.missing']).toBe(0);
      expect(values['messages.duplicate']).toBe(0);
      expect(values['messages.disordered']).toBe(0);
      expect(values['messages.received']).toBe(values['messages.offered']);
      expect(report.ledger[0]?.verdict).toBe('kept');
    });
  });
});
