import type { Spawn } from '../../base/process/child.js';
import type { BrokerOptions } from '../../broker/contract.js';
import { startBroker } from '../../broker/process.js';
import { hasEncrypted } from '../../transport/contract.js';
import { certificatesFor } from './certificates.js';
import type { CellBroker } from './contract.js';

/** mqbench's own broker. @throws as {@link startBroker} */
export async function includedBroker(
  options: BrokerOptions & { readonly host: string },
  spawn: Spawn,
): Promise<CellBroker> {
  const tls =
    hasEncrypted(options.listeners) && options.psks === undefined ? await certificatesFor(options.host) : undefined;
  const broker = await startBroker({ ...options, tls }, spawn);
  const { failed, pid } = broker;
  const ready = { ...broker.ready, ca: tls?.ca };
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
