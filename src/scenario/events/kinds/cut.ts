import { comeBack, fleetKind, paced, paceText } from '../fleet.js';

export const cut = fleetKind({
  kind: 'cut',
  description: 'Connections are aborted without a word; clients come back in the same moment.',
  fields: paced,
  disturbs: true,
  sentence: (event) => `every connection is aborted and the clients come back${paceText(event)}`,
  act: (fleet, event) => comeBack(fleet, event, false),
});
