import { networkKind } from '../kind.js';
import { moveClients, moves, someFields, whoText } from '../move-clients.js';

export const addressChange = networkKind({
  kind: 'address-change',
  description: "The clients' own addresses change, as from Wi-Fi to mobile; sockets of the old ones are cut off.",
  fields: someFields,
  ...moves,
  sentence: (event) => `${whoText(event)} gets another address of its own`,
  act: (stage, event) => moveClients(stage, ['address-change'], event),
});
