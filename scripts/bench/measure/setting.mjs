// What the measurements share: a broker, a load, and what they have used. Loopback only.
import { openPeer } from '../peers/brokers.mjs';
import { built } from './build.mjs';

const { startBroker } = await built('broker/process.js');
const { Coordinator } = await built('load/coordinator.js');

export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/**
 * A broker with one listener on a free port: mqbench's own, or one of others by its name (peers/brokers.mjs).
 * @returns what clients need (`transport`, `port`, `ca`), its process, `rssBytes()` and `close()`
 */
export async function openBroker(server, transport, execArgv) {
  if (server !== 'mqbench') return openPeer(server, transport);
  const broker = await startBroker({ listeners: { [transport]: { port: 0 } } }, undefined, execArgv);
  const { addresses, ca } = broker.ready;
  return {
    ...{ transport, port: addresses[transport].port, ca, pid: broker.pid, close: () => broker.close() },
    /** After a garbage collection where it was started with --expose-gc. */
    rssBytes: async () => (await broker.stats()).rssBytes,
    stats: () => broker.stats(),
  };
}

/** A plan for clients that only connect; callers add what they measure. */
export function planFor({ transport, port, ca }, over) {
  return {
    target: { transport, hosts: [{ host: '127.0.0.1', port }], tls: { ca } },
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

/** Processor time between two readings of one process, microseconds: `all`, and what of it the kernel took. */
export function spent(before, after) {
  const kernel = after.cpuSystemMicros - before.cpuSystemMicros;
  return { all: after.cpuUserMicros - before.cpuUserMicros + kernel, kernel };
}
