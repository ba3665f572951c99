import type { Lab } from '../../lab/contract.js';
import type { LinkReading } from '../../lab/reading.js';
import type { Coordinator } from '../../load/coordinator.js';
import type { ProcessorUse } from '../../metrics/resources.js';
import type { RoleResources } from '../../result/types.js';
import type { CellBroker } from '../brokers/contract.js';
import type { Front } from '../front/front.js';
import { readMachine } from './machine.js';
import type { Reading } from './phases.js';
import type { Family } from './proc.js';

/** The processes of a cell whose use is billed; a load by hand has no broker and no lab. */
interface Roles {
  readonly load: Coordinator;
  readonly broker?: CellBroker;
  readonly front?: Front;
  readonly lab?: Lab;
  /** Every process of the run, those whose use is not billed apart included. */
  readonly family: Family;
  /** The load is on other machines: how busy this one is says nothing of its numbers. */
  readonly isElsewhere?: boolean;
}

/** What every role and the link have used up to now. */
export async function readRoles({ load, broker, front, lab, family, isElsewhere }: Roles): Promise<Reading> {
  const [uses, ofBroker, ofFront, link] = await Promise.all([
    load.processorUse(),
    broker?.processorUse(),
    usedByFront(front),
    lab?.reading(),
  ]);
  return {
    roles: [resourcesOf('load', ...uses), ...rolesBeside({ broker: ofBroker, front: ofFront, link })],
    workers: uses.map((one) => one.cpuUserMicros + one.cpuSystemMicros),
    brokerThreads: broker?.threads(),
    ...(isElsewhere ? {} : { machine: { machine: readMachine(), ownMicros: family.cpuMicros() } }),
    link,
  };
}

interface UsedByFront {
  readonly role: Front['role'];
  readonly uses: readonly ProcessorUse[];
}

export const usedByFront = async (front: Front | undefined): Promise<UsedByFront | undefined> =>
  front && { role: front.role, uses: await front.processorUse() };

/** The roles of a cell beside the load, as far as there are any. @param broker what each of its processes has used */
export function rolesBeside(roles: {
  readonly broker?: readonly ProcessorUse[];
  readonly front?: UsedByFront;
  readonly link?: LinkReading;
}): RoleResources[] {
  const { broker, front, link } = roles;
  return [
    ...(broker ? [resourcesOf('broker', ...broker)] : []),
    ...(front ? [resourcesOf(front.role, ...front.uses)] : []),
    ...(link?.emulator ? [resourcesOf('emulator', link.emulator.use)] : []),
  ];
}

/** Of a role by the use of each of its processes. */
function resourcesOf(role: string, ...uses: readonly ProcessorUse[]): RoleResources {
  const sum = (key: keyof ProcessorUse): number => uses.reduce((total, use) => total + use[key], 0);
  return {
    ...{ role, processes: uses.length, cpuUserMicros: sum('cpuUserMicros'), cpuSystemMicros: sum('cpuSystemMicros') },
    ...{ peakRssBytes: sum('peakRssBytes'), contextSwitches: sum('contextSwitches') },
  };
}
