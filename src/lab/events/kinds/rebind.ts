import { formatDuration } from '../../../base/units.js';
import { choice, option } from '../fields.js';
import { networkKind } from '../kind.js';
import { moveClients, moves, someFields, whoText } from '../move-clients.js';

export const rebind = networkKind({
  kind: 'rebind',
  description: 'The NAT moves clients to another outer address and forgets its table.',
  fields: {
    what: option(choice('what', 'What changes; default the address.', ['address', 'port', 'both'])),
    ...someFields,
  },
  ...moves,
  check: (_, left) =>
    left > 0 && left < 1_000_000
      ? ['at', `only ${formatDuration(left)} of traffic follow the rebind; leave at least 1 s to see what it does`]
      : undefined,
  sentence: (event) => `the NAT moves ${whoText(event)} to another outer ${event.what === 'port' ? 'port' : 'address'}`,
  act: (stage, event) => moveClients(stage, ['rebind', '--what', event.what ?? 'address'], event),
  unseen: ({ outerBefore, outerAfter, conntrackBefore }) =>
    JSON.stringify(outerBefore) === JSON.stringify(outerAfter) || conntrackBefore === 0
      ? "the NAT's outer addresses or its table did not change"
      : undefined,
});
