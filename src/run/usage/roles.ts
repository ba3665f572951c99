import type { BrokerHandle } from '../../broker/process.js';
import type { Lab } from '../../lab/contract.js';
import type { Coordinator } from '../../load/coordinator.js';
import type { ProcessorUse } from '../../metrics/resources.js';
import type { RoleResources } from '../../result/types.js';
import type { Nginx } from '../nginx.js';
import { readMachine } from './machine.js';
import type { Reading } from './phases.js';
import type { Family } from './proc.js';

/** The processes of a cell whose use is billed. */
export interface Roles {
  readonly load: Coordinator;
  readonly broker: BrokerHandle;
  readonly nginx?: Nginx;
  readonly lab?: Lab;
  /** Every process of the run, those whose use is not billed apart included. */
  readonly family: Family;
}

/** What the load workers have used up to now, and the machine; for a load without a broker or a lab of its own. */
export async function readLoad({ load, family }: Pick<Roles, 'load' | 'family'>): Promise<Reading> {
  const uses = await load.processorUse();
  const sum = (of: (use: (typeof uses)[number]) => number): number => uses.reduce((total, use) => total + of(use), 0);
  const generator: RoleResources = {
    role: 'load',
    processes: uses.length,
    cpuUserMicros: sum((use) => use.cpuUserMicros),
    cpuSystemMicros: sum((use) => use.cpuSystemMicros),
    peakRssBytes: sum((use) => use.peakRssBytes),
    contextSwitches: sum((use) => use.contextSwitches),
  };
  return {
    roles: [generator],
    workers: uses.map((one) => one.cpuUserMicros + one.cpuSystemMicros),
    machine: { machine: readMachine(), ownMicros: family.cpuMicros() },
  };
}

/** What every role and the link have used up to now. */
export async function readRoles({ load, broker, nginx, lab, family }: Roles): Promise<Reading> {
  const [own, use, link] = await Promise.all([readLoad({ load, family }), broker.processorUse(), lab?.reading()]);
  const emulator = link?.emulator ? [resourcesOf('emulator', link.emulator.use)] : [];
  const roles = [...own.roles, brokerResources(use), ...(nginx ? [nginx.resources()] : []), ...emulator];
  return { ...own, roles, ...(link ? { link } : {}) };
}

export const brokerResources = (use: ProcessorUse): RoleResources => resourcesOf('broker', use);

/** Of a role that is one process. */
export function resourcesOf(role: string, use: ProcessorUse): RoleResources {
  const { cpuUserMicros, cpuSystemMicros, peakRssBytes, contextSwitches } = use;
  return { role, processes: 1, cpuUserMicros, cpuSystemMicros, peakRssBytes, contextSwitches };
}
