import type { DoubtMeaning } from './meaning.js';

const queue = 'Latencies hold waiting that is not the path’s';

/** What the generator says against its own clock: it was late, or had no processor left. */
export const aboutGenerator = {
  'late-sends': {
    means: 'the generator wrote publishes later than they were due',
    spoils: `${queue}: they count from when a publish was due, and the generator wrote it later. Raw latencies, from the write, do not.`,
    remedy: 'Lower the rate, or take more --workers.',
  },
  'late-dials': {
    means: 'the generator began connects later than they were due',
    spoils: `${queue}: connect latencies count from when a connect was due, and the generator began it later.`,
    remedy: 'Lower the connect rate (-R), or take more --workers.',
  },
  'loop-delay': {
    means: 'the event loop of the generator was held up',
    spoils: 'Every latency: what came while the event loop was held up was read as late as it was held up.',
    remedy: 'Lower the rate or the number of clients, or take more --workers.',
  },
  'generator-bound': {
    means: 'the generator used up its processor',
    spoils: 'All latencies and rates: they are the generator’s, not those of broker or path.',
    remedy: 'Take more --workers on more cores, or lower the load.',
  },
} as const satisfies Readonly<Record<string, DoubtMeaning>>;
