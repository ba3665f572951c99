import { z } from 'zod';
import type { Field } from '../../lab/events/fields.js';
import { type EventKind, fieldsOf } from '../../lab/events/kind.js';
import { eventKinds, fleetKindOf } from '../events/kinds.js';
import { count, duration, name, perSecond, share } from './fields.js';
import { profileSchema } from './network.js';

const eventFields = {
  at: duration('From the start of traffic.', '4s'),
  name: name('Name in reports and measure windows; default what it does.').optional(),
  arms: z.array(z.string()).min(1).optional().describe('Only in these arms; default all.'),
  every: duration('Happens again at this interval until the traffic ends.', '30s').optional(),
};
/** Of events that clients bring about themselves. */
const fleetFields = {
  fleets: z.array(z.string()).min(1).optional().describe('Only clients of these fleets; default all.'),
};
/** Each unit that a field of an event can have, as a scenario file writes it. */
const units: Record<Field['unit'], (field: Field) => z.ZodType> = {
  duration: ({ description, example }) => duration(description, example),
  share: ({ description }) => share(description),
  count: ({ description, most = Number.MAX_SAFE_INTEGER }) => count(description).max(most),
  rate: ({ description }) => perSecond(description),
  profile: ({ description }) => z.union([z.string(), profileSchema]).describe(description),
  choice: ({ description, choices = [] }) => z.enum(choices).describe(description),
};

function schemaOf(kind: EventKind) {
  const own = fieldsOf(kind).map((field): [string, z.ZodType] => {
    const schema = units[field.unit](field);
    return [field.name, field.optional ? schema.optional() : schema];
  });
  const { kind: name, description } = kind;
  const further = fleetKindOf(name) ? fleetFields : {};
  return z.strictObject({
    do: z.literal(name).describe(description),
    ...Object.fromEntries(own),
    ...eventFields,
    ...further,
  });
}

/** An event as it is written: its kind, when and where, and whatever fields its kind has. */
export type EventInput = z.output<ReturnType<typeof schemaOf>> & { readonly fleets?: readonly string[] };

const [first, ...others] = eventKinds.map(schemaOf);
export const eventSchema = z.discriminatedUnion('do', [first as ReturnType<typeof schemaOf>, ...others]);

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
