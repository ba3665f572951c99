import { formatCount, parsePerSecond } from '../../base/units.js';
import { type Field, optional } from '../../lab/events/fields.js';
import type { EventKind, EventOf, Fields, Played } from '../../lab/events/kind.js';

/** What events of the fleet act on. */
export interface Fleet {
  /** What clients there are; the name of a load that is one fleet is empty. */
  readonly fleets: readonly { readonly name: string; readonly clients: number }[];
  /**
   * Every client gives its connection up and comes back. @returns when the first does, monotonic microseconds
   * @param how.fleets only clients of these; undefined: all
   */
  cut(how: {
    readonly politely: boolean;
    readonly perSecond?: number;
    readonly event: string;
    readonly fleets?: readonly string[] | undefined;
  }): Promise<number>;
}

/** Which fleets it happens to. */
interface OfFleets {
  /** Undefined: all. */
  readonly fleets?: readonly string[];
}

/** A kind of event that happens to the fleet, at each client by itself. */
export interface FleetKind<K extends string = string, F extends Fields = Fields> extends EventKind<K, F> {
  act(fleet: Fleet, event: EventOf<K, F> & OfFleets & { readonly name: string }): Promise<Played>;
}
export const fleetKind = <const K extends string, F extends Fields>(kind: FleetKind<K, F>) => kind;

/** Client i at i / perSecond after the event; absent: all at once. */
interface Paced {
  readonly perSecond?: number;
}

const rate: Field<number> = {
  ...{ name: 'rate', unit: 'rate', example: '400/s', parse: parsePerSecond },
  description: 'Clients per second that it happens to; default all at once.',
};
export const paced = { perSecond: optional(rate) };

/** Every client gives its connection up, with DISCONNECT or without a word, and dials again in the same moment. */
export async function comeBack(
  fleet: Fleet,
  { name, perSecond, fleets }: Paced & OfFleets & { readonly name: string },
  politely: boolean,
): Promise<Played> {
  const beganMicros = await fleet.cut({ politely, perSecond, event: name, fleets });
  const meant = fleet.fleets.filter((one) => fleets?.includes(one.name) ?? true);
  const clients = meant.reduce((sum, one) => sum + one.clients, 0);
  const lasts = perSecond === undefined ? 0 : (Math.max(0, clients - 1) / perSecond) * 1e6;
  return {
    acts: [{ beganMicros, endedMicros: beganMicros + lasts }],
    facts: { perSecond: perSecond ?? 'all at once', ...(fleets && { fleets }) },
  };
}

export const paceText = ({ perSecond }: Paced): string =>
  perSecond === undefined ? ', all at once' : ` at ${formatCount(perSecond)}/s`;
