import { readFileSync } from 'node:fs';
import { usageError } from '../base/errors.js';
import { nearest } from '../base/text/nearest.js';
import type { Impairment, LinkProfile } from './contract.js';
import { parseNetem } from './netem/parse.js';
import { scriptPath } from './scripts.js';

/** A network with a name, from scripts/network/profiles.conf. */
export interface NamedProfile extends LinkProfile {
  readonly name: string;
  /** Where its numbers are from. */
  readonly source: string;
}

let known: ReadonlyMap<string, NamedProfile> | undefined;

/** All named networks, in the order of the file. */
export function namedProfiles(): ReadonlyMap<string, NamedProfile> {
  known ??= new Map(
    readFileSync(scriptPath('profiles.conf'), 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#'))
      .map((line) => {
        const [name = '', up = '', down = '', source = ''] = line.split('|').map((field) => field.trim());
        return [name, { name, up: parseNetem(up), down: parseNetem(down), source }];
      }),
  );
  return known;
}

/** @throws MQB_LAB_PROFILE, with the nearest name when there is one */
export function profileNamed(name: string): NamedProfile {
  const profiles = namedProfiles();
  const found = profiles.get(name.toLowerCase());
  if (found) return found;
  const names = [...profiles.keys()];
  const near = nearest(name, names);
  const hint = near ? `did you mean ${near}?` : `known are ${names.join(', ')}`;
  throw usageError('MQB_LAB_PROFILE', `there is no network called "${name}"`, hint);
}

/**
 * Burst loss given as people say it: this share of all packets, in bursts of this many on average.
 * Gilbert's model with everything lost while bad: 1/r is the mean burst, p/(p+r) the share.
 * @param share 0..1, exclusive of 1
 * @param meanBurst packets, at least 1/(1-share): rarer bursts cannot make up so much loss
 * @throws MQB_LAB_PROFILE when the two cannot go together
 */
export function burstLoss(share: number, meanBurst: number): NonNullable<Impairment['gilbertElliott']> {
  const shortest = 1 / (1 - share);
  const isShare = share > 0 && share < 1;
  if (!isShare || !(meanBurst >= shortest)) {
    const why = isShare
      ? `at this share a burst has ${Number(shortest.toPrecision(3))} packets or more on average`
      : 'the share must be more than 0 and less than 100 %';
    const what = `a loss of ${share * 100} % in bursts of ${meanBurst} packets is not possible`;
    throw usageError('MQB_LAB_PROFILE', `${what}: ${why}`);
  }
  const r = 1 / meanBurst;
  return { p: (share * r) / (1 - share), r, oneMinusH: 1, oneMinusK: 0 };
}

/** A named network, or one description for both directions. @throws MQB_LAB_PROFILE */
export function profileFromWords(text: string): LinkProfile {
  const words = text.trim();
  if (words === '' || namedProfiles().has(words) || !/\s/.test(words)) return profileNamed(words);
  const both = parseNetem(words);
  return { up: both, down: both };
}
