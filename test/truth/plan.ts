import type { LoadPlan } from '../../src/plan/plan.js';
import { atRate, filler } from '../helpers/plans.js';

let runs = 0;

/** A small TCP load on a local port; tests state what they vary. */
export function planFor(port: number, over: Partial<LoadPlan> = {}): LoadPlan {
  return {
    target: { transport: 'tcp', hosts: [{ host: '127.0.0.1', port }] },
    clients: 40,
    localAddresses: [],
    clientIdPrefix: `truth-${++runs}-`,
    mqttVersion: 4,
    keepaliveSeconds: 60,
    clean: true,
    connectRate: 200,
    dialTimeoutMicros: 10e6,
    publish: { topic: 'truth/%c', qos: 1, payload: filler(64), pace: atRate(200), inflight: 20 },
    deadAfterMicros: 30e6,
    seed: 1,
    ...over,
  };
}

/** A fleet under a name, with which its ids begin; it publishes nothing unless asked to. */
export function fleetFor(port: number, name: string, over: Partial<LoadPlan>): LoadPlan {
  return planFor(port, { fleet: name, clientIdPrefix: `${name}-`, warmupClients: 0, publish: undefined, ...over });
}

export function sleep(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
