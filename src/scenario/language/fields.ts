import { z } from 'zod';
import { messageOf } from '../../base/errors.js';
import { parseBitRate, parseDuration, parsePerSecond, parseShare, parseSize } from '../../base/units.js';
import { longestInWords, longestMicros, mostClients } from '../../plan/limits.js';
import { parseReads } from '../../plan/reads.js';

// The scalar fields of a scenario file: what a person writes, with its unit, becomes a number in our units.

/** Turns a parser that throws into a zod field; its message becomes the mistake. */
function field(parser: (text: string | number) => number, description: string, examples: readonly string[]) {
  return z
    .union([z.string(), z.number()])
    .transform((text, context) => {
      try {
        return parser(text);
      } catch (error) {
        context.issues.push({ code: 'custom', message: messageOf(error), input: text });
        return z.NEVER;
      }
    })
    .meta({ description, examples: [...examples] });
}

/** No path on Earth takes that long, and no connection waits for it. */
const longestLinkMicros = 600e6;

/** Microseconds; a unit is required, except on 0. */
const durationUpTo =
  (most: number, words: string) =>
  (text: string | number): number => {
    const micros = text === 0 || text === '0' ? 0 : Math.round(parseDuration(text));
    if (micros > most) throw new Error(`"${text}" is more than ${words}`);
    return micros;
  };

export const duration = (description: string, example: string) =>
  field(durationUpTo(longestMicros, longestInWords), description, [example]);

/** What a link does to a packet. */
export const linkTime = (description: string, example: string) =>
  field(durationUpTo(longestLinkMicros, '10 minutes, the most that a link may hold a packet'), description, [example]);

export const size = (description: string, example: string) => field(parseSize, description, [example]);

export const bitRate = (description: string) => field(parseBitRate, description, ['10mbit']);

export const share = (description: string) => field(parseShare, description, ['10%']);

/** Operations per second: `400`, `400/s`, `20k/s`. */
export const perSecond = (description: string) => field(parsePerSecond, description, ['400/s']);

export const count = (description: string, minimum = 1) => z.int().min(minimum).max(mostClients).describe(description);

export const qos = z
  .union([z.literal(0), z.literal(1), z.literal(2)])
  .describe('Quality of service: 0 at most once, 1 at least once, 2 exactly once.');

/** Per cent of messages by level. */
export const qosMix = z
  .strictObject({ 0: z.number().min(0).optional(), 1: z.number().min(0).optional(), 2: z.number().min(0).optional() })
  .describe('A level drawn for each message: {0: 70, 1: 25, 2: 5}, per cent, 100 in all.');

/** How slowly a subscriber reads. */
export const readsFields = {
  reads: field(parseReads, 'Messages a second that each reads: it stops reading its connection meanwhile. Or none.', [
    '10/s',
    'none',
  ]).optional(),
  readsAfter: duration('It reads as it can for so long after it was connected.', '5s').optional(),
  respond: size('MQTT 5: it answers each message that has a response topic, with so many bytes.', '64').optional(),
};

/** Names that appear in cell ids and expectations: no dots, no spaces. */
export const name = (description: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_%+-]*$/, 'a name has letters, digits, "-", "_", "+" and "%" only')
    .describe(description);

/** One value, or a list of them that multiplies the matrix. */
export const oneOrMore = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1)]);
