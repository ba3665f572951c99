import type { FlagsOf } from '../../options/rows.js';
import type { loadOptions } from './options.js';

/** The commands that make load. */
export const loadCommands = ['conn', 'pub', 'sub', 'pubsub'] as const;
export type LoadCommand = (typeof loadCommands)[number];
export const isLoad = (name: string): name is LoadCommand => (loadCommands as readonly string[]).includes(name);

/** What the user said, parsed: times in microseconds, sizes in bytes. */
export type LoadFlags = FlagsOf<typeof loadOptions>;

export const all = loadCommands;
/** Commands that publish, and those that publish or subscribe. */
export const publishing = ['pub', 'pubsub'] as const;
export const talking = ['pub', 'sub', 'pubsub'] as const;
