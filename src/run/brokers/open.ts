import type { Spawn } from '../../base/process/child.js';
import type { PlannedCell, ResolvedScenario } from '../../scenario/types.js';
import { brokerOptions, brokerTransport } from '../plan.js';
import { commandBroker } from './command.js';
import type { CellBroker } from './contract.js';
import { includedBroker } from './included.js';
import { checkOffer } from './offers.js';
import { remoteBroker } from './remote.js';
import { counting } from './sys.js';
import { askedAs } from './target.js';

/** The broker of a cell: mqbench's own, one of others that is started for it, or one that runs elsewhere. */
export async function openBroker(
  cell: PlannedCell,
  lab: ResolvedScenario['lab'],
  { host, inLab, network, spawn, spawnMaster, signal }: Place,
): Promise<CellBroker> {
  const { broker } = cell.arm;
  const transport = brokerTransport(cell);
  if (broker === undefined) return includedBroker(brokerOptions(cell, lab, host), spawn);
  checkOffer(broker, transport, cell);
  if (broker.kind === 'url') {
    const { mqttVersion: version } = cell.load;
    const asked = { version, arm: cell.arm, signal };
    return counting(broker, await remoteBroker(broker, transport, inLab), (remote) =>
      askedAs(remote, transport, asked),
    );
  }
  return commandBroker(broker, { transport, host, inLab, network, spawn: spawnMaster, signal });
}

/** Where it is to be. */
interface Place {
  /** Where clients find it. */
  readonly host: string;
  readonly inLab: boolean;
  /** Path of the lab's network namespace where it is to be. */
  readonly network: string | undefined;
  readonly spawn: Spawn;
  /** For programs with processes of their own. */
  readonly spawnMaster: Spawn;
  readonly signal: AbortSignal;
}
