import { entryPath, type Spawn, spawnHere } from '../base/process/child.js';
import { RoleHandle } from '../base/process/role.js';
import type { ProcessorUse } from '../metrics/resources.js';
import type { BrokerOptions, BrokerPeer, BrokerReady, BrokerStats } from './contract.js';

/**
 * A young generation of 3 x 32 MB instead of 16: at 1,000 clients with 10 QoS 1 messages in flight the broker
 * spent a quarter of its time collecting garbage; 143,000 messages/s instead of 124,000 (64 MB: 146,000).
 */
const nodeOptions = ['--max-semi-space-size=32'];

/** A reference broker in a process of its own, so that its CPU and memory are its own. */
export type BrokerHandle = Awaited<ReturnType<typeof startBroker>>;

/**
 * Starts a reference broker.
 * @param spawn where it runs: on this host, or at a place in the lab
 * @param execArgv options of Node itself
 * @throws MQB_PORT_IN_USE, MQB_LISTEN, MQB_TLS_SETTINGS, MQB_QUIC_UNAVAILABLE, MQB_ROLE_DIED
 */
export async function startBroker(
  options: BrokerOptions,
  spawn: Spawn = spawnHere,
  execArgv: readonly string[] = nodeOptions,
) {
  const role = RoleHandle.start('broker', entryPath(import.meta.url, './entry.js'), spawn, execArgv);
  return {
    ready: await role.open<BrokerReady>('start', options),
    /** Rejects with MQB_ROLE_DIED when the broker's process ends without having been told to; never resolves. */
    failed: role.failed,
    /** Of the process that was started for it: the broker's own, or the one that took it into the lab. */
    pid: role.child.pid,
    /** Adds up over all connections: a few milliseconds with 10,000. */
    stats: () => role.call<BrokerStats>('stats', undefined),
    /** Unlike `stats` leaves the peaks that are counted between two looks alone. */
    processorUse: () => role.call<ProcessorUse>('processorUse', undefined),
    /** The clients that have connected, each where the broker sees it now. */
    peers: () => role.call<BrokerPeer[]>('peers', undefined),
    /** Encrypts session tickets with another key from now on. @param keyHex 48 bytes as hex */
    rotateTicketKey: (keyHex: string) => role.call<void>('rotateTicketKey', keyHex),
    /** Ends its connections, then its process. Idempotent. */
    close: () => role.end(),
  };
}
