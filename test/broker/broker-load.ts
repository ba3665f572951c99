import { expect } from 'vitest';
import { Coordinator } from '../../src/load/coordinator.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import type { TransportName } from '../../src/transport/contract.js';
import { atRate, filler } from '../helpers/plans.js';

interface Target {
  readonly ports: Readonly<Partial<Record<TransportName, number>>>;
  readonly certificates: { readonly ca: string };
}

/**
 * Eight clients, each with a topic of its own, publish 80 messages in all; every one must be acknowledged and
 * received once.
 */
export async function everyMessageArrives(
  target: Target,
  name: TransportName,
  version: 3 | 4 | 5,
  qos: 0 | 1 | 2,
  over: Partial<LoadPlan['target']> = {},
): Promise<void> {
  const prefix = `load${name}${version}${qos}-`;
  const plan: LoadPlan = {
    target: {
      transport: name,
      hosts: [{ host: '127.0.0.1', port: target.ports[name] as number }],
      tls: { ca: target.certificates.ca },
      ...over,
    },
    clients: 8,
    localAddresses: [],
    clientIdPrefix: prefix,
    mqttVersion: version,
    keepaliveSeconds: 60,
    clean: true,
    connectRate: 200,
    dialTimeoutMicros: 10e6,
    subscribe: { topic: `${prefix}/%c`, qos },
    publish: { topic: `${prefix}/%c`, qos, payload: filler(64), pace: atRate(200), limit: 80, inflight: 20 },
    deadAfterMicros: 30e6,
    seed: 1,
    warmupClients: 0,
  };
  const load = await Coordinator.start(plan, { workers: 1 });
  try {
    expect(await load.connectAll()).toEqual({ connected: 8, failed: 0 });
    await load.startPublishing();
    await new Promise((resolve) => setTimeout(resolve, 700));
    await load.stopPublishing();
    expect(await load.drain(10e6)).toBe(true);
    const { ledger, errors } = await load.collect();
    expect(errors).toEqual([]);
    const all = { offered: 80, acknowledged: 80, received: 80, duplicate: 0, missing: 0, verdict: 'kept' };
    expect(ledger).toEqual([expect.objectContaining({ qos, ...all })]);
  } finally {
    await load.close();
  }
}
