import { networkKind } from '../kind.js';
import { moveClients, moves, someFields, whoText } from '../move-clients.js';

export const returnHome = networkKind({
  kind: 'return',
  description: 'Back to the outer addresses of the beginning.',
  fields: someFields,
  ...moves,
  sentence: (event) => `the NAT moves ${whoText(event)} back to the first outer address`,
  act: (stage, event) => moveClients(stage, ['return'], event),
});
