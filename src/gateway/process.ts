import { entryPath, type Spawn, spawnHere } from '../base/process/child.js';
import { RoleHandle } from '../base/process/role.js';
import type { ProcessorUse } from '../metrics/resources.js';
import type { GatewayCounters, GatewayOptions, GatewayReady } from './contract.js';

/**
 * Starts a gateway in a process of its own, so that its CPU and memory are its own.
 * @throws MQB_PORT_IN_USE, MQB_LISTEN, MQB_QUIC_UNAVAILABLE, MQB_ROLE_DIED
 */
export async function startGateway(options: GatewayOptions, spawn: Spawn = spawnHere) {
  const role = RoleHandle.start('gateway', entryPath(import.meta.url, './entry.js'), spawn, []);
  return {
    ready: await role.open<GatewayReady>('start', options),
    failed: role.failed,
    pid: role.child.pid,
    counters: () => role.call<GatewayCounters>('counters', undefined),
    processorUse: () => role.call<ProcessorUse>('processorUse', undefined),
    close: () => role.end(),
  };
}
