import { aboutAgents } from './agents.js';
import { aboutEvents } from './events.js';
import { aboutGenerator } from './generator.js';
import { aboutLoad } from './load.js';
import { aboutMachine } from './machine.js';
import type { DoubtMeaning } from './meaning.js';
import { aboutNetwork } from './network.js';
import { aboutResult } from './result.js';

/** Every doubt, by what it is about; docs/doubts.md is made of it. A new one is an entry in the file of its family. */
export const doubtFamilies = {
  'The generator': aboutGenerator,
  'The load': aboutLoad,
  'The machine': aboutMachine,
  'Several machines': aboutAgents,
  'The network': aboutNetwork,
  Events: aboutEvents,
  'The result as a whole': aboutResult,
} as const;

type Families = typeof doubtFamilies;

export type DoubtCode = { [Family in keyof Families]: keyof Families[Family] }[keyof Families];

/** The same by code alone. */
export const doubts: Readonly<Record<DoubtCode, DoubtMeaning>> = Object.assign({}, ...Object.values(doubtFamilies));
