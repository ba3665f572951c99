import type { BrokerHandle } from '../broker/process.js';
import type { Lab } from '../lab/contract.js';
import type { Coordinator } from '../load/coordinator.js';
import type { ProcessorUse } from '../metrics/resources.js';
import type { RoleResources } from '../result/types.js';
import { readMachine } from './machine.js';
import type { Nginx } from './nginx.js';
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

/** What every role and the link have used up to now. */
export async function readRoles({ load, broker, nginx, lab, family }: Roles): Promise<Reading> {
  const [uses, use, link] = await Promise.all([load.processorUse(), broker.processorUse(), lab?.reading()]);
  const sum = (of: (use: (typeof uses)[number]) => number): number => uses.reduce((total, use) => total + of(use), 0);
  const generator: RoleResources = {
    role: 'load',
    processes: uses.length,
    cpuUserMicros: sum((use) => use.cpuUserMicros),
    cpuSystemMicros: sum((use) => use.cpuSystemMicros),
    peakRssBytes: sum((use) => use.peakRssBytes),
    contextSwitches: sum((use) => use.contextSwitches),
  };
  const emulator = link?.emulator ? [resourcesOf('emulator', link.emulator.use)] : [];
  const roles = [generator, brokerResources(use), ...(nginx ? [nginx.resources()] : []), ...emulator];
  const machine = { machine: readMachine(), ownMicros: family.cpuMicros() };
  const workers = uses.map((one) => one.cpuUserMicros + one.cpuSystemMicros);
  return { roles, workers, machine, ...(link ? { link } : {}) };
}

export const brokerResources = (use: ProcessorUse): RoleResources => resourcesOf('broker', use);

/** Of a role that is one process. */
export function resourcesOf(role: string, use: ProcessorUse): RoleResources {
  const { cpuUserMicros, cpuSystemMicros, peakRssBytes, contextSwitches } = use;
  return { role, processes: 1, cpuUserMicros, cpuSystemMicros, peakRssBytes, contextSwitches };
}
