// What the benchmarks share: a broker, a load, and how long things take. Loopback only.
import { startBroker } from '../../dist/broker/process.js';
import { Coordinator } from '../../dist/load/coordinator.js';

export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** A reference broker with one listener on a free port. */
export function openBroker(transport, execArgv) {
  return startBroker({ listeners: { [transport]: { port: 0 } } }, undefined, execArgv);
}

/** A plan for clients that only connect; callers add what they measure. */
export function planFor(transport, broker, over) {
  const { port } = broker.ready.addresses[transport];
  return {
    target: { transport, hosts: [{ host: '127.0.0.1', port }], tls: { ca: broker.ready.ca } },
    localAddresses: [],
    clientIdPrefix: 'bench-',
    mqttVersion: 4,
    keepaliveSeconds: 300,
    clean: true,
    dialTimeoutMicros: 30e6,
    deadAfterMicros: 30e6,
    seed: 1,
    ...over,
  };
}

/** What is published: so many bytes, at a rate over all clients or, without one, as fast as it is acknowledged. */
export const messages = (bytes, rate) => ({
  payload: { kind: 'filler', bytes },
  pace: rate === undefined ? { kind: 'closed' } : { kind: 'rate', perSecond: rate },
});

export const startLoad = (plan, options = {}) => Coordinator.start(plan, { workers: 1, ...options });

/** Cores used between two readings of a process's CPU, `elapsedMicros` apart. */
export const spentCores = (before, after, elapsedMicros) =>
  (after.cpuUserMicros + after.cpuSystemMicros - before.cpuUserMicros - before.cpuSystemMicros) / elapsedMicros;

/** A row of the table. `least`: reached must not be below the target; else it must not be above. */
export const row = (what, unit, target, reached, least = true, note = '') => ({
  what,
  unit,
  target,
  reached,
  least,
  note,
});
