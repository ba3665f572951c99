import { z } from 'zod';
import { natPolicies } from '../types.js';
import { count, duration, name, perSecond, share } from './fields.js';
import { profileSchema } from './network.js';

const eventFields = {
  at: duration('From the start of traffic.', '4s'),
  name: name('Name in reports and measure windows; default what it does.').optional(),
  arms: z.array(z.string()).min(1).optional().meta({ description: 'Only in these arms; default all.' }),
  every: duration('Happens again at this interval until the traffic ends.', '30s').optional(),
};
const some = {
  share: share('Share of the client addresses; default all.').optional(),
  over: duration('Spread over this time; default at once.', '2s').optional(),
};
const returnRate = perSecond('Clients per second that it happens to; default all at once.').optional();
const simpleEvent = <K extends string>(kind: K, description: string) =>
  z.strictObject({ do: z.literal(kind).meta({ description }), ...eventFields });

export const eventSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z
      .literal('rebind')
      .meta({ description: 'The NAT moves clients to another outer address and forgets its table.' }),
    what: z.enum(['address', 'port', 'both']).optional().meta({ description: 'What changes; default the address.' }),
    ...some,
    ...eventFields,
  }),
  z.strictObject({
    do: z.literal('return').meta({ description: 'Back to the outer addresses of the beginning.' }),
    ...some,
    ...eventFields,
  }),
  z.strictObject({
    do: z
      .literal('address-change')
      .meta({ description: "The clients' own addresses change, as from Wi-Fi to mobile." }),
    ...some,
    ...eventFields,
  }),
  z.strictObject({
    do: z.literal('flap').meta({ description: 'Several blackouts.' }),
    times: count('How many.').max(10_000),
    down: duration('How long nothing passes.', '1s'),
    up: duration('How long everything passes between.', '2s'),
    ...eventFields,
  }),
  z.strictObject({
    do: z.literal('udp-block').meta({ description: 'UDP is dropped from now on, or for a while.' }),
    for: duration('How long; default until udp-open.', '5s').optional(),
    ...eventFields,
  }),
  simpleEvent('udp-open', 'UDP passes again.'),
  z.strictObject({
    do: z.literal('nat').meta({ description: 'What the NAT does with TCP flows it does not know.' }),
    unknownFlows: z.enum(natPolicies),
    ...eventFields,
  }),
  simpleEvent('heal', 'The link gets the profile of the cell back.'),
  z.strictObject({
    do: z
      .literal('disconnect')
      .meta({ description: 'Every client says DISCONNECT and comes back in the same moment.' }),
    rate: returnRate,
    ...eventFields,
  }),
  z.strictObject({
    do: z
      .literal('cut')
      .meta({ description: 'Connections are aborted without a word; clients come back in the same moment.' }),
    rate: returnRate,
    ...eventFields,
  }),
  z.strictObject({
    do: z.literal('profile').meta({ description: 'The link gets another profile.' }),
    to: z.union([z.string(), profileSchema]).meta({
      description: 'A named network, or a profile. Replaces the whole profile; what is not named is perfect.',
    }),
    ...eventFields,
  }),
  z.strictObject({
    do: z.literal('blackout').meta({ description: 'Nothing passes for a while.' }),
    for: duration('How long.', '5s'),
    ...eventFields,
  }),
]);
export type EventInput = z.output<typeof eventSchema>;

export const windowSchema = z.strictObject({
  name: name('Name in reports and expectations.'),
  from: z
    .string()
    .default('start')
    .meta({
      description: 'A time from the start of traffic, or an event, or an event and a time after it.',
      examples: ['start', '5s', 'rebind', 'heal + 2s'],
    }),
});
export type WindowInput = z.output<typeof windowSchema>;
