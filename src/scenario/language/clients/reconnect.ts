import { z } from 'zod';
import { formatDuration } from '../../../base/units.js';
import { usualRetry } from '../../../plan/limits.js';
import { type ReconnectPolicy, reconnectPolicies } from '../../../plan/reconnect.js';
import { count, duration } from '../fields.js';

const [first, most] = [usualRetry.firstMicros, usualRetry.maxMicros].map((micros) => formatDuration(micros));

/** How lost clients come back. */
export const reconnectSchema = z
  .union([
    z.literal(false),
    z.strictObject({
      policy: z
        .enum(reconnectPolicies)
        .optional()
        .describe(
          'fixed: first, every time; equal-jitter (default): doubled every time up to max, the upper half of it random; full-jitter: all of it random; decorrelated: random between first and three times the wait before; none: they do not come back.',
        ),
      first: duration(
        `Wait before the first try, before jitter; ${first} where nothing is written.`,
        '100ms',
      ).optional(),
      max: duration(`No wait is longer; ${most} where nothing is written.`, '5s').optional(),
      tries: count('Tries after a cut until a client gives up; without it, it does not.').optional(),
      connectTries: count(
        'Further tries of the first connect until a client gives up; without it, it does not.',
        0,
      ).optional(),
    }),
  ])
  .describe('How lost clients come back, or false: they do not.');
export type ReconnectInput = z.output<typeof reconnectSchema>;

/** As settings of the load. */
export const reconnectAsked = (input: ReconnectInput) =>
  input === false
    ? { reconnect: false, reconnectPolicy: 'none' as ReconnectPolicy }
    : {
        reconnect: input.policy !== 'none',
        ...{ reconnectPolicy: input.policy, reconnectFirst: input.first, reconnectMax: input.max },
      };
