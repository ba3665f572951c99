// What a fleet costs here, beside the programs of others that are on the path: every figure is a ratio within one round.

import { sections as alone } from './peers/alone.mjs';
import { sections as connects } from './peers/connects.mjs';
import { sections as steady } from './peers/steady.mjs';

export const sections = (times) => [...steady(times), ...connects(times), ...alone(times)];
