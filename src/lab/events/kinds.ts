import { type MqbenchError, usageError } from '../../base/errors.js';
import { nearest } from '../../base/text/nearest.js';
import type { NetworkKind } from './kind.js';
import { addressChange } from './kinds/address-change.js';
import { blackout } from './kinds/blackout.js';
import { flap } from './kinds/flap.js';
import { heal } from './kinds/heal.js';
import { natChange } from './kinds/nat.js';
import { profileChange } from './kinds/profile.js';
import { rebind } from './kinds/rebind.js';
import { returnHome } from './kinds/return.js';
import { udpBlock } from './kinds/udp-block.js';
import { udpOpen } from './kinds/udp-open.js';

const table = [
  ...([rebind, returnHome, addressChange] as const),
  ...([blackout, flap, profileChange, heal] as const),
  ...([udpBlock, udpOpen, natChange] as const),
] as const;

/** What can happen to the network while it is used. */
export type LabEvent = Parameters<(typeof table)[number]['act']>[1];

/** Every kind of event of the network, in the order in which they are listed. */
export const labKinds: readonly NetworkKind[] = table;

/** @throws MQB_LAB_EVENT when there is none of this name */
export function labKind(name: string): NetworkKind {
  const found = labKinds.find(({ kind }) => kind === name);
  if (found) return found;
  const names = labKinds.map(({ kind }) => kind);
  const near = nearest(name, names);
  throw eventError(`there is no event "${name}"`, near ? `did you mean ${near}?` : `known are ${names.join(', ')}`);
}

export const eventError = (message: string, hint?: string): MqbenchError => usageError('MQB_LAB_EVENT', message, hint);
