import type { Random } from '../../../base/numbers/random.js';
import type { Impairment } from '../../contract.js';

/**
 * Deviation from the mean delay, microseconds.
 * - uniform: within ± jitter (netem without a distribution table)
 * - normal: standard deviation = jitter (netem's tables are scaled so)
 * - pareto: the law behind netem's `pareto` table (iproute2, netem/pareto.c): shape 3, mean moved to 0, times 4/3,
 *   cut off at 4 jitters; mean -0.03 and standard deviation 0.82 jitters
 * Correlation mixes the random number with the one before, as netem does.
 */
export function jitterSource(random: Random, settings: Impairment): () => number {
  const jitter = settings.jitterMicros ?? 0;
  const shape = shapes[settings.jitterDistribution ?? 'uniform'];
  const correlation = settings.jitterCorrelation ?? 0;
  if (correlation === 0) return () => jitter * shape(random);
  // An autoregressive process over the shape's own values: x = c·x' + √(1-c²)·s keeps the standard deviation.
  const fresh = Math.sqrt(1 - correlation * correlation);
  let last = shape(random);
  return () => {
    last = correlation * last + fresh * shape(random);
    return jitter * last;
  };
}

const shapes: Record<'uniform' | 'normal' | 'pareto', (random: Random) => number> = {
  uniform: (random) => 2 * random.next() - 1,
  normal: (random) => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()),
  pareto: (random) => Math.min(4, (((1 - random.next()) ** (-1 / 3) - 1.5) * 4) / 3),
};
