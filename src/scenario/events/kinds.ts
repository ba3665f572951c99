import type { EventKind } from '../../lab/events/kind.js';
import { labKinds } from '../../lab/events/kinds.js';
import type { FleetKind } from './fleet.js';
import { cut } from './kinds/cut.js';
import { disconnect } from './kinds/disconnect.js';

const table = [disconnect, cut] as const;

/** What can happen to the fleet. Its clients know of it at once: they give their connections up themselves. */
export type FleetEvent = Parameters<(typeof table)[number]['act']>[1];

/** Every kind of event that a timeline can have, those of the network first. */
export const eventKinds: readonly EventKind[] = [...labKinds, ...table];

/** The kind of an event; undefined of those that a result has from another version. */
export const eventKind = (kind: unknown): EventKind | undefined => eventKinds.find((one) => one.kind === kind);

/** The kind of an event that happens to the fleet; undefined of one that happens to the network, and needs a lab. */
export const fleetKindOf = (kind: unknown): FleetKind | undefined => table.find((one) => one.kind === kind);
