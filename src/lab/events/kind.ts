import type { Random } from '../../base/numbers/random.js';
import type { LinkBackend } from '../backend.js';
import type { Act, LinkProfile } from '../contract.js';
import type { Facts } from '../scripts.js';
import type { Field } from './fields.js';

/** What an event can tell of what it changed. Plain data for the result. */
export type EventFacts = Readonly<Record<string, number | string | readonly string[]>>;

/** What happened: when the world changed, and what proves it. */
export interface Played {
  readonly acts: readonly Act[];
  readonly facts: EventFacts;
}

/** Each property of a kind of event, with the field that it is read from, in the order in which they are typed. */
export type Fields = Readonly<Record<string, Field>>;
type Value<F> = F extends Field<infer T> ? T : never;
type Unsure<F> = { [P in keyof F]: F[P] extends { readonly optional: true } ? P : never }[keyof F];

/** An event of a kind with these fields; of any kind, no more than its kind is known. */
export type EventOf<K, F> = { readonly kind: K } & (string extends K
  ? unknown
  : { readonly [P in Exclude<keyof F, Unsure<F>>]: Value<F[P]> } & { readonly [P in Unsure<F>]?: Value<F[P]> });

/**
 * A kind of event, to the network or to the fleet: what is written of it, what can be wrong with it, what it is in words and
 * what the others have to know of it. Schema, `lab event`, `--dry-run`, pages and doubts ask here and know no kind by name.
 */
export interface EventKind<K extends string = string, F extends Fields = Fields, E = EventOf<K, F>> {
  readonly kind: K;
  /** What happens, in a sentence. */
  readonly description: string;
  readonly fields: F;
  /** It can end connections, or make them useless: it is asked what became of the clients. */
  readonly disturbs?: true;
  /** It changes the NAT: such events follow one another, also where they are of one time. */
  readonly changesNat?: true;
  /** How long it goes on, microseconds; absent: it changes something and is over. */
  lastsMicros?(event: E): number;
  /** What is wrong with it in a timeline that goes on for so long after its beginning: a field, and why. */
  check?(event: E, leftMicros: number): readonly [string, string] | undefined;
  /** What a plan says of it, behind a time. */
  sentence(event: E & { readonly name: string }): string;
  /** Of its proof, why it did not happen; undefined: it did. */
  unseen?(proof: Readonly<Record<string, unknown>>): string | undefined;
}

/** A kind of event that happens to the network. */
export interface NetworkKind<K extends string = string, F extends Fields = Fields> extends EventKind<K, F> {
  act(stage: Stage, event: EventOf<K, F>): Promise<Played>;
}
export const networkKind = <const K extends string, F extends Fields>(kind: NetworkKind<K, F>) => kind;

/** What events of the network act on. */
export interface Stage {
  readonly link: LinkBackend;
  /** Of the beginning, for `heal`. */
  readonly profile: LinkProfile;
  readonly random: Random;
  /** As they are now: an address-change changes them. */
  clientAddresses: readonly string[];
  clientAddresses6: readonly string[];
  /** Blackouts that are going on; the link is dark while there is any. */
  dark: number;
  /** Runs nat.sh, one after the other. */
  nat(args: readonly string[]): Promise<NatDone>;
}

/** What nat.sh told, and when it changed the network. */
export interface NatDone {
  readonly facts: Facts;
  readonly acts: readonly Act[];
}

/** Each field of a kind with the property of the event that it becomes. */
export const fieldsOf = ({ fields }: { readonly fields: Fields }): (Field & { readonly property: string })[] =>
  Object.entries(fields).map(([property, field]) => ({ ...(field as Field), property }));

/** From the beginning of the first of several acts to the end of the last. */
export function spanOf(acts: readonly Act[]): Act {
  return {
    beganMicros: Math.min(...acts.map(({ beganMicros }) => beganMicros)),
    endedMicros: Math.max(...acts.map(({ endedMicros }) => endedMicros)),
  };
}
