import type { DoubtMeaning } from './meaning.js';

const queue = 'Latencies contain a delay that the generator caused, not the path';

/** What the generator says against its own clock: it was late, or had no processor left. */
export const aboutGenerator = {
  'late-sends': {
    means: 'the generator wrote publishes later than they were due',
    spoils: `${queue}: they count from when a publish was due, and the generator wrote it later. Raw latencies count from the write and do not contain it.`,
    remedy: 'Lower the rate, or take more --workers.',
  },
  'late-dials': {
    means: 'the generator began connects later than they were due',
    spoils: `${queue}: connect latencies count from when a connect was due, and the generator began it later.`,
    remedy: 'Lower the connect rate (-R), or take more --workers.',
  },
  'loop-delay': {
    means: 'the event loop of the generator was held up',
    spoils: 'Every latency: packets that arrived while the event loop was held up were read only afterwards.',
    remedy: 'Lower the rate or the number of clients, or take more --workers.',
  },
  'generator-bound': {
    means: 'the generator used up its processor',
    spoils: 'All latencies and rates: they show the limit of the generator, not of the broker or the path.',
    remedy: 'Take more --workers on more cores, or lower the load.',
  },
} as const satisfies Readonly<Record<string, DoubtMeaning>>;
