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
  return {
    roles: [resourcesOf('load', ...uses)],
    workers: uses.map((one) => one.cpuUserMicros + one.cpuSystemMicros),
    machine: { machine: readMachine(), ownMicros: family.cpuMicros() },
  };
}

/** What every role and the link have used up to now. */
export async function readRoles({ load, broker, nginx, lab, family }: Roles): Promise<Reading> {
  const [own, use, link] = await Promise.all([readLoad({ load, family }), broker.processorUse(), lab?.reading()]);
  const emulator = link?.emulator ? [resourcesOf('emulator', link.emulator.use)] : [];
  const roles = [...own.roles, brokerResources(use), ...(nginx ? [nginx.resources()] : []), ...emulator];
  return { ...own, roles, link };
}

export const brokerResources = (use: ProcessorUse): RoleResources => resourcesOf('broker', use);

/** Of a role by the use of each of its processes. */
export function resourcesOf(role: string, ...uses: readonly ProcessorUse[]): RoleResources {
  const sum = (key: keyof ProcessorUse): number => uses.reduce((total, use) => total + use[key], 0);
  return {
    ...{ role, processes: uses.length, cpuUserMicros: sum('cpuUserMicros'), cpuSystemMicros: sum('cpuSystemMicros') },
    ...{ peakRssBytes: sum('peakRssBytes'), contextSwitches: sum('contextSwitches') },
  };
}
