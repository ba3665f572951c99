import { comeBack, fleetKind, paced, paceText } from '../fleet.js';

export const disconnect = fleetKind({
  kind: 'disconnect',
  description: 'Every client says DISCONNECT and comes back in the same moment.',
  fields: paced,
  disturbs: true,
  sentence: (event) => `every client disconnects and comes back${paceText(event)}`,
  act: (fleet, event) => comeBack(fleet, event, true),
});
