import { formatDuration } from '../../base/units.js';
import type { Doubt } from '../types.js';
import type { DoubtMeaning } from './meaning.js';

/** What a result is worth as a whole: how much there is of it, and whether its parts may be compared. */
export const aboutResult = {
  'few-samples': {
    means: 'too few samples for the percentile shown',
    spoils:
      'The percentile that is named: it depends on a handful of samples, so another run may show a very different one.',
    remedy: 'Run longer, at a higher rate, or with more clients; or read a lower percentile.',
  },
  'unequal-terms': {
    means: 'the arms do not run on equal terms',
    spoils: 'Differences between the arms: a part of them is the difference in settings.',
    remedy: 'Make the settings equal where that can be, or name them with the result.',
  },
  'resumed-apart': {
    means: 'parts of the run were measured at different times',
    spoils: 'Comparisons between parts of the run: the machine may have been in another state.',
    remedy: 'Run it in one go where small differences matter.',
  },
  partial: {
    means: 'the cell was broken off, and has the numbers of what was measured until then',
    spoils: 'Rates, counts and windows of the cell: they cover only the time until it was broken off.',
    remedy: 'Read the error of the cell, and run it again; --resume repeats the cells that did not finish.',
  },
  'teardown-failed': {
    means: 'something could not be removed after the run',
    spoils: 'Nothing of this run; what was left may disturb the next.',
    remedy: 'Remove what the message names.',
  },
} as const satisfies Readonly<Record<string, DoubtMeaning>>;

/** @param afterMicros since the cell began */
export function partialDoubt(afterMicros: number): Doubt {
  return {
    code: 'partial',
    message: `it was broken off after ${formatDuration(afterMicros)}: its numbers are of what was measured until then, and what was under way counts as outstanding`,
  };
}

/** @param message which arms ran how much later than which others */
export function apartDoubt(message: string): Doubt {
  return { code: 'resumed-apart', message, advice: 'run the scenario again in one go before you compare these arms' };
}

/** @param message one difference between the arms, and whom it favours */
export const unequalDoubt = (message: string): Doubt => ({ code: 'unequal-terms', message });

/** @param message what could not be removed, and why */
export const teardownDoubt = (message: string): Doubt => ({ code: 'teardown-failed', message });
