import { z } from 'zod';
import { count, duration, perSecond } from '../fields.js';

const file = (description: string) => z.string().min(1).describe(description);
const zero = z.literal(0);

/** What messages are made of beside a payload of mqbench's own making, and how their rate runs over time. */
export const messageFields = {
  retain: z.boolean().optional().describe('The broker keeps the last message of each topic for who subscribes later.'),
  message: z.string().optional().describe('This text as payload.'),
  template: z
    .string()
    .optional()
    .describe(
      'Payload made for each message: the variables of topics, %{column}, %TIMESTAMP% (ms), %TIMESTAMP_S%, %TIMESTAMP_ISO%, %UNIQUE%, %RANDOM%.',
    ),
  payloadFile: file('Payload from a file, seen from the folder of the scenario.').optional(),
  hook: file(
    'A JavaScript module whose default export makes each payload from { client, sequence }, seen from the folder of the scenario.',
  ).optional(),
  hookTimeout: duration('The run is given up when the hook does not come back for so long.', '10s').optional(),
  limit: count('Messages of all clients together; after them nothing is due.').optional(),
  ramp: z
    .strictObject({
      from: z.union([zero, perSecond('The rate at the begin.')]).default(0),
      over: duration('How long it takes to the full rate.', '10s'),
    })
    .optional()
    .describe('The rate changes evenly from this one to the full one.'),
  burst: count('So many messages at once, with pauses between that keep the mean rate.').optional(),
  firstWait: z
    .strictObject({
      min: duration('The shortest.', '0s').default(0),
      max: duration('The longest.', '1s'),
    })
    .optional()
    .describe('Each client waits before its first message, for a time of its own between these.'),
  retryAfter: duration('A message that is not acknowledged for so long is sent again, with DUP.', '20s').optional(),
};
