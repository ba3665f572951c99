import { z } from 'zod';
import { authenticationMethods } from '../../../plan/credentials/authentication.js';
import { count, duration } from '../fields.js';
import { willSchema } from './will.js';

const text = (description: string) => z.string().min(1).describe(description);

const churnSchema = z.strictObject({
  stay: duration('How long a client stays connected before it leaves.', '10s'),
  away: duration('How long it is away before it comes back.', '1s').default(1_000_000),
  politely: z.boolean().default(true).describe('With DISCONNECT, so that the broker sends no will; or without a word.'),
});

/** Who clients are to the broker, what it does when they are gone, and whether they come and go. */
export const identityFields = {
  username: text('User name, with the variables of topics.').optional(),
  password: z
    .string()
    .regex(/^\$[A-Za-z_]\w*$/, 'a password would stand in the result: write $NAME, and set that variable')
    .optional()
    .describe('$NAME, the variable of the environment that has the password of all clients.'),
  authMethod: z
    .enum(authenticationMethods)
    .optional()
    .describe('Clients prove their password in an exchange of AUTH packets (MQTT 5) and do not send it.'),
  feeder: text(
    'A CSV or JSON file with a row for each client, seen from the folder of the scenario: id, username, password, topic, certfile, keyfile, and columns that %{column} stands for.',
  ).optional(),
  startNumber: count('Number of the first client, for its id and %i.', 0).optional(),
  will: willSchema.optional().describe('What the broker publishes for a client that is gone without a word.'),
  churn: churnSchema.optional().describe('Clients leave on purpose and come back.'),
};
