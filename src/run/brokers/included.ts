import type { Spawn } from '../../base/process/child.js';
import type { BrokerOptions } from '../../broker/contract.js';
import { startBroker } from '../../broker/process.js';
import type { CellBroker } from './contract.js';

/** mqbench's own broker. @throws as {@link startBroker} */
export async function includedBroker(options: BrokerOptions, spawn: Spawn): Promise<CellBroker> {
  const broker = await startBroker(options, spawn);
  const { ready, failed, pid } = broker;
  return {
    ready,
    failed,
    watched: pid === undefined ? undefined : { name: 'the broker', pid },
    processorUse: async () => [await broker.processorUse()],
    // Garbage collection has threads of its own; the one that matters is the sum's largest part.
    threads: () => undefined,
    stats: () => broker.stats(),
    peers: () => broker.peers(),
    log: () => undefined,
    close: () => broker.close(),
  };
}
