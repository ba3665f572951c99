import type { Spawn } from '../../base/process/child.js';
import { startGateway } from '../../gateway/process.js';
import type { ProcessorUse } from '../../metrics/resources.js';
import { quicTerms } from '../../scenario/quic-terms.js';
import type { PlannedCell, ResolvedScenario } from '../../scenario/types.js';
import type { Address } from '../../transport/contract.js';
import { certificatesFor } from '../brokers/certificates.js';
import type { Reachable } from '../brokers/contract.js';
import type { Watched } from '../watch.js';
import { Nginx } from './nginx.js';

/** What clients dial instead of the broker, which speaks TCP behind it. */
export interface Front {
  /** As its role is called in the result. */
  readonly role: 'nginx' | 'gateway';
  readonly ready: Reachable;
  /** Rejects when it ends without {@link close}; never resolves. */
  readonly failed: Promise<never>;
  readonly watched: Watched | undefined;
  /** What each of its processes has used. */
  processorUse(): Promise<readonly ProcessorUse[]>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Where it is made. */
interface Site {
  readonly inLab: boolean;
  /** What clients dial. */
  readonly host: string;
  readonly broker: Address;
  readonly spawn: Spawn;
  /** For programs with processes of their own. */
  readonly spawnMaster: Spawn;
}

/** The front that a cell's arm asks for; undefined: clients dial the broker. */
export async function openFront(
  cell: PlannedCell,
  lab: ResolvedScenario['lab'],
  site: Site,
): Promise<Front | undefined> {
  const { terminator } = cell.arm;
  if (terminator === 'nginx') return nginxFront(cell, site);
  if (terminator === 'gateway') return gatewayFront(cell, lab, site);
  return undefined;
}

async function nginxFront({ arm }: PlannedCell, { inLab, host, broker, spawnMaster }: Site): Promise<Front> {
  const listen = { host, port: inLab ? 8883 : 18_883 };
  const tlsVersion = arm.tlsVersion ?? '1.3';
  // Only in the lab are the routes ours to change.
  const congestionControl = inLab ? arm.congestionControl : undefined;
  const nginx = await Nginx.start({ listen, broker, tlsVersion, congestionControl, spawn: spawnMaster });
  return {
    role: 'nginx',
    ready: { addresses: { tls: listen }, ca: nginx.ca },
    failed: nginx.failed,
    watched: nginx.watched,
    processorUse: async () => nginx.uses(),
    close: () => nginx.close(),
  };
}

async function gatewayFront(
  cell: PlannedCell,
  lab: ResolvedScenario['lab'],
  { host, broker, spawn }: Site,
): Promise<Front> {
  const { transport, tlsVersion: version, congestionControl } = cell.arm;
  const { ca, cert, key } = await certificatesFor(host);
  const quic = { ...quicTerms(cell, lab), congestionControl };
  const listeners = { [transport]: { port: 0 } };
  const options = { host, listeners, to: broker, tls: { cert, key, version }, congestionControl, quic };
  const { ready, failed, pid, processorUse, close } = await startGateway(options, spawn);
  return {
    role: 'gateway',
    ready: { addresses: ready.addresses, ca },
    failed,
    watched: pid === undefined ? undefined : { name: 'the gateway', pid },
    processorUse: async () => [await processorUse()],
    close,
  };
}
