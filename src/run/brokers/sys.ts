import { connect, type ProbeTarget } from '../../probe/check.js';
import type { CellBroker } from './contract.js';

/** What brokers tell of themselves below $SYS/broker, under the names of mosquitto (its manual, "Broker status"). */
export const sysNames = ['publish/messages/received', 'publish/messages/sent', 'publish/messages/dropped'] as const;
export type SysCounts = Partial<Record<(typeof sysNames)[number], number>>;

/** Brokers that have told nothing once. */
const silent = new WeakSet<object>();

/**
 * Has a broker that runs elsewhere tell by how much its counts have grown from now on. It is asked from this host, not through the lab's
 * network.
 * @param which stands for the broker: one that tells nothing is not asked again
 */
export async function counting(
  which: object,
  broker: CellBroker,
  askedAs: (broker: CellBroker) => ProbeTarget,
): Promise<CellBroker> {
  if (silent.has(which)) return broker;
  const asked = askedAs(broker);
  const before = await readSys(asked);
  if (before === undefined) {
    silent.add(which);
    return broker;
  }
  return { ...broker, grown: async () => grown(before, await readSys(asked)) };
}

/**
 * Reads the counts, each with a client of its own: whoever subscribes to several cannot tell an answer from a change of another.
 * @returns undefined for a broker that has none, or does not tell everybody
 */
async function readSys(target: ProbeTarget): Promise<SysCounts | undefined> {
  const values = await Promise.all(sysNames.map(async (name) => [name, await readOne(target, name)] as const));
  const known = values.filter(([, value]) => value !== undefined);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

async function readOne(target: ProbeTarget, name: string): Promise<number | undefined> {
  try {
    const client = await connect(target);
    try {
      await client.subscribe(`$SYS/broker/${name}`, 0);
      const { payload } = await client.next();
      return /^\d+$/.test(payload) ? Number(payload) : undefined;
    } finally {
      await client.end();
    }
  } catch {
    return undefined; // not there, or not for everybody: nothing is known
  }
}

/** How much they have grown; without those that are not known, or have begun anew. */
export function grown(before: SysCounts, after: SysCounts | undefined): SysCounts | undefined {
  if (after === undefined) return undefined;
  const entries = sysNames.flatMap((name) => {
    const [from, to] = [before[name], after[name]];
    return from === undefined || to === undefined || to < from ? [] : [[name, to - from] as const];
  });
  return Object.fromEntries(entries);
}
