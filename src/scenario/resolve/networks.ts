import { MqbenchError, messageOf } from '../../base/errors.js';
import { definedOf, ownEntry } from '../../base/own.js';
import type { Impairment, LinkProfile, NatPolicy } from '../../lab/contract.js';
import { burstLoss, profileNamed } from '../../lab/profiles.js';
import { impairmentMistakes } from '../../lab/validate.js';
import type { Mistakes } from '../language/mistakes.js';
import type { ImpairmentInput, NetworkInput, ProfileInput } from '../language/network.js';
import type { YamlPath } from '../language/source.js';
import type { ResolvedNetwork } from '../types.js';

/** Nothing in between: no lab at all. */
export const loopback: ResolvedNetwork = { name: 'loopback', profile: { up: {}, down: {} }, rttMicros: 0 };

/** Fields whose lists multiply the matrix; the first varies slowest. */
const matrixFields = ['rtt', 'delay', 'jitter', 'loss', 'reorder', 'duplicate', 'corrupt', 'rate', 'nat'] as const;

/** Every network a mapping (or a list of them) stands for, in the order of the file. */
export function resolveNetworks(
  input: string | NetworkInput | readonly (string | NetworkInput)[],
  path: YamlPath,
  mistakes: Mistakes,
): ResolvedNetwork[] {
  const seen = new Set<string>();
  return [input].flat().flatMap((one, index) => {
    const onePath = Array.isArray(input) ? [...path, index] : path;
    const networks = multiply(asMapping(one as string | NetworkInput));
    return networks.map((single) => {
      const network = resolveOne(single, onePath, mistakes);
      if (seen.has(network.name))
        mistakes.add(onePath, `two networks are called "${network.name}"; give them different names or values`);
      seen.add(network.name);
      return network;
    });
  });
}

const asMapping = <T extends object>(network: string | T): T | { readonly profile: string } =>
  typeof network === 'string' ? { profile: network } : network;

type SingleNetwork = ProfileInput & {
  readonly name?: string;
  readonly nat?: NatPolicy;
  readonly varied: readonly string[];
};

/** One network per combination of the listed values. */
function multiply(input: NetworkInput): SingleNetwork[] {
  let singles: Record<string, unknown>[] = [{ ...input }];
  const varied = matrixFields.filter((field) => Array.isArray(input[field]) && input[field].length > 1);
  for (const field of matrixFields) {
    const values = input[field];
    if (!Array.isArray(values)) continue;
    singles = singles.flatMap((single) => values.map((value) => ({ ...single, [field]: value })));
  }
  return singles.map((single) => ({ ...single, varied }) as SingleNetwork);
}

function resolveOne(single: SingleNetwork, path: YamlPath, mistakes: Mistakes): ResolvedNetwork {
  const profile = resolveProfile(single, path, mistakes);
  const rttMicros = (profile.up.delayMicros ?? 0) + (profile.down.delayMicros ?? 0);
  return { name: nameOf(single, rttMicros), profile, rttMicros, nat: single.nat };
}

/** A name given is kept, with what varies appended; without one, the values are the name: `30ms+loss10%`. */
function nameOf(single: SingleNetwork, rttMicros: number): string {
  const delayVaries = single.varied.includes('rtt') || single.varied.includes('delay');
  const parts: string[] = [];
  const base = single.name ?? single.profile;
  if (base !== undefined) parts.push(base);
  const delayGiven = single.rtt !== undefined || single.delay !== undefined;
  if (base === undefined || delayVaries || (single.name === undefined && delayGiven)) parts.push(msText(rttMicros));
  for (const field of matrixFields.slice(2)) {
    const value = single[field];
    if (field === 'nat' && value !== undefined) parts.push(`nat-${value}`);
    if (typeof value !== 'number' || (single.name !== undefined && !single.varied.includes(field))) continue;
    parts.push(`${field}${valueText(field, value)}`);
  }
  if (single.name === undefined && (single.gilbertElliott || single.meanBurst)) parts.push('bursts');
  return parts.join('+').replaceAll(' ', '').replaceAll('.', '_');
}

function valueText(field: (typeof matrixFields)[number], value: number): string {
  if (field === 'jitter') return msText(value);
  if (field === 'rate') return value >= 1e6 ? `${value / 1e6}mbit` : `${value / 1e3}kbit`;
  return `${short(value * 100)}%`;
}

const msText = (micros: number): string => `${short(micros / 1000)}ms`;

/** Up to six digits, and no zeros that say nothing. */
const short = (value: number): string => String(Number(value.toPrecision(6)));

/** {@link resolveProfile} of a mapping, or a network by its name. */
export function resolveNamedProfile(input: string | ProfileInput, path: YamlPath, mistakes: Mistakes): LinkProfile {
  return resolveProfile(asMapping(input), path, mistakes);
}

/** What a named network does; an unknown name is a mistake. */
function namedProfile(name: string | undefined, path: YamlPath, mistakes: Mistakes): LinkProfile {
  if (name !== undefined) {
    try {
      const { up, down } = profileNamed(name);
      return { up, down };
    } catch (error) {
      const hint = error instanceof MqbenchError && error.hint ? `; ${error.hint}` : '';
      mistakes.add(path, messageOf(error) + hint);
    }
  }
  return { up: {}, down: {} };
}

/** Both directions of a profile, checked against what a link can do. */
function resolveProfile(input: ProfileInput, path: YamlPath, mistakes: Mistakes): LinkProfile {
  if (input.rtt !== undefined && input.delay !== undefined) {
    mistakes.add([...path, 'delay'], 'give either rtt (both directions together) or delay (one way), not both', true);
  }
  const { profile, rtt, up, down, mtu, name: _name, nat: _nat, varied: _varied, ...common } = input as SingleNetwork;
  const named = namedProfile(profile, path, mistakes);
  const direction = (own: ImpairmentInput | undefined, half: number, side: 'up' | 'down'): Impairment => {
    const merged = definedOf({ ...common, ...(rtt !== undefined && { delay: half }), ...own });
    const result = { ...named[side], ...toImpairment(merged) };
    checkImpairment(merged, result, own ? [...path, side] : path, mistakes);
    return result;
  };
  const half = (rtt ?? 0) / 2;
  return { up: direction(up, Math.ceil(half), 'up'), down: direction(down, Math.floor(half), 'down'), mtu };
}

/** What the lab calls otherwise than a scenario does. */
const labNames = {
  delay: 'delayMicros',
  jitter: 'jitterMicros',
  distribution: 'jitterDistribution',
  rate: 'rateBits',
  queue: 'queuePackets',
  queueTime: 'queueMicros',
} as const satisfies Partial<Record<keyof ImpairmentInput, keyof Impairment>>;
const writtenNames = new Map<string, string>(Object.entries(labNames).map(([written, name]) => [name, written]));

/** A field, or a sentence that names fields, in the words of a scenario. */
const asWritten = (text: string): string => text.replaceAll(/\w+/g, (word) => writtenNames.get(word) ?? word);

/** What is written, and the whole that it makes with a named network: what of it no link can do. */
function checkImpairment(written: ImpairmentInput, whole: Impairment, path: YamlPath, mistakes: Mistakes): void {
  const wrong = (field: string, says: string): void => {
    const place = [...path, ...field.split('.')];
    if (!mistakes.has(place)) mistakes.add(place, says, true);
  };
  for (const [field, says] of impairmentMistakes(whole)) wrong(asWritten(field), asWritten(says));
  const { loss, meanBurst, lossCorrelation, rateOverhead } = written;
  if (rateOverhead && !whole.rateBits)
    wrong('rateOverhead', 'rateOverhead needs rate: it is what that rate carries beside the packets');
  if (!meanBurst) return;
  if (!loss) wrong('meanBurst', 'meanBurst needs loss: it says how long the bursts of that loss are');
  if (lossCorrelation) wrong('meanBurst', 'give either meanBurst or lossCorrelation, not both');
  try {
    if (loss) burstLoss(loss, meanBurst);
  } catch (error) {
    wrong('meanBurst', messageOf(error));
  }
}

/** The loss as netem's words: in bursts when a mean burst is given. What cannot go together was said before. */
function lossOf({ loss, meanBurst, gilbertElliott }: ImpairmentInput): Pick<Impairment, 'loss' | 'gilbertElliott'> {
  if (loss && meanBurst && loss < 1 && meanBurst >= 1 / (1 - loss))
    return { gilbertElliott: burstLoss(loss, meanBurst) };
  if (!gilbertElliott) return { loss };
  const { p, r, lossInBad, lossInGood } = gilbertElliott;
  return { loss, gilbertElliott: { p, r, oneMinusH: lossInBad, oneMinusK: lossInGood } };
}

function slotOf({ wait, jitter, ...same }: NonNullable<ImpairmentInput['slot']>): NonNullable<Impairment['slot']> {
  return { waitMicros: wait, ...same, ...(jitter && { jitterMicros: jitter }) };
}

function toImpairment({ loss, meanBurst, gilbertElliott, slot, ...same }: ImpairmentInput): Impairment {
  const renamed = Object.entries(same).map(([field, value]) => [ownEntry<string>(labNames, field) ?? field, value]);
  return definedOf({
    ...Object.fromEntries(renamed),
    ...lossOf({ loss, meanBurst, gilbertElliott }),
    slot: slot && slotOf(slot),
  });
}
