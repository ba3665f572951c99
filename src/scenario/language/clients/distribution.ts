import { z } from 'zod';
import { messageOf } from '../../../base/errors.js';
import type { Distribution } from '../../../base/numbers/distribution.js';
import { parseDuration, parseSize } from '../../../base/units.js';
import { distributionKinds } from '../../../plan/distribution.js';
import { duration, size } from '../fields.js';

type Value = typeof size;

function distribution(value: Value, parse: (text: string) => number, example: string, description: string) {
  const of = (what: string) => value(what, example);
  const bounds = { min: of('Nothing below it is drawn.').optional(), max: of('Nothing above it is drawn.').optional() };
  const mean = of('Mean, without the bounds.');
  const spread = z.strictObject({ mean, deviation: of('Standard deviation, without the bounds.'), ...bounds });
  const key = z
    .string()
    .regex(/^\d/, `is neither a kind (${distributionKinds.join(', ')}) nor a value with its per cent`);
  return z
    .union([
      z.strictObject({ fixed: of('Always the same.') }),
      z.strictObject({ uniform: z.tuple([of('From …'), of('… to.')]).describe('Every value between two alike.') }),
      z.strictObject({ exponential: z.union([mean, z.strictObject({ mean, ...bounds })]) }),
      z.strictObject({ normal: spread }),
      z.strictObject({ lognormal: spread }),
      z.record(key, z.number()).describe('Values with their per cent, 100 in all.'),
    ])
    .transform((written, context): Distribution => {
      if ('fixed' in written && distributionKinds.some((kind) => kind in written))
        return { kind: 'fixed', value: written.fixed as number };
      if ('uniform' in written) {
        const [from, to] = written.uniform as [number, number];
        return { kind: 'uniform', from, to };
      }
      if ('exponential' in written) {
        const { exponential } = written as { exponential: number | { mean: number } };
        return { kind: 'exponential', ...(typeof exponential === 'number' ? { mean: exponential } : exponential) };
      }
      if ('normal' in written) return { kind: 'normal', ...(written.normal as z.output<typeof spread>) };
      if ('lognormal' in written) return { kind: 'lognormal', ...(written.lognormal as z.output<typeof spread>) };
      try {
        const values = Object.entries(written as Record<string, number>).map(([text, percent]) => {
          return { value: parse(text), percent };
        });
        return { kind: 'weighted', values };
      } catch (error) {
        context.issues.push({ code: 'custom', message: messageOf(error), input: written });
        return z.NEVER;
      }
    })
    .describe(description);
}

/** Sizes that are drawn for each message. */
export const sizes = distribution(
  size,
  (text) => Math.round(parseSize(text)),
  '256',
  'Sizes drawn for each message: {uniform: [100, 1000]}, {exponential: 256}, {normal: {mean: 256, deviation: 64, min: 20}}, {lognormal: …}, or {64: 80, 1024: 20}, values with their per cent.',
);

/** Times between two messages of one client, drawn each. */
export const intervals = distribution(
  duration,
  (text) => parseDuration(text),
  '1s',
  'Drawn each: {uniform: [500ms, 2s]}, {exponential: 1s}, {normal: {mean: 1s, deviation: 100ms}}, {100ms: 80, 5s: 20}.',
);
