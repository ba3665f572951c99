import { usageError } from '../base/errors.js';
import type { Impairment, LinkProfile } from './contract.js';

const shares = [
  ...(['loss', 'lossCorrelation', 'jitterCorrelation', 'reorder', 'reorderCorrelation'] as const),
  ...(['duplicate', 'corrupt'] as const),
] as const;
const amounts = ['delayMicros', 'jitterMicros', 'rateBits', 'queuePackets', 'queueMicros'] as const;

/** One that means something only together with another, and why. */
const needs: readonly (readonly [keyof Impairment, keyof Impairment, string])[] = [
  ['reorder', 'delayMicros', 'a packet overtakes by not waiting for the delay of the others'],
  ['reorderGap', 'reorder', 'it says which packets may be reordered'],
  ['reorderCorrelation', 'reorder', 'it correlates the reordering'],
  ['jitterMicros', 'delayMicros', 'it is a variation of the delay'],
  ['jitterDistribution', 'jitterMicros', 'it is the shape of the jitter'],
  ['jitterCorrelation', 'jitterMicros', 'it correlates the jitter'],
  ['lossCorrelation', 'loss', 'it correlates the loss'],
];

/** A field of an impairment that makes it impossible, and why: a sentence that names the field. */
type Mistake = readonly [field: string, says: string];

/** Everything that is impossible in a profile, each with its reason; empty when it can be done. */
export function mistakesOf(profile: LinkProfile): string[] {
  const mistakes = (['up', 'down'] as const).flatMap((direction) =>
    impairmentMistakes(profile[direction]).map(([, says]) => `${direction}: ${says}`),
  );
  const { mtu } = profile;
  if (mtu !== undefined && !(Number.isInteger(mtu) && mtu >= 576 && mtu <= 9000)) {
    mistakes.push(`mtu: ${mtu} is not a whole number from 576 to 9000 bytes`);
  }
  return mistakes;
}

/** The same of one direction. */
export function impairmentMistakes(settings: Impairment): Mistake[] {
  const mistakes: Mistake[] = [];
  const { loss, gilbertElliott, rateBits, trace, queuePackets, queueMicros, reorderGap, slot } = settings;
  const refuse = (impossible: unknown, field: string, says: string): void =>
    void (impossible && mistakes.push([field, says]));
  const share = (name: string, value = 0): void =>
    refuse(!(value >= 0 && value <= 1), name, `${name}: ${value * 100} % is not between 0 and 100 %`);
  const amount = (name: string, value = 0): void =>
    refuse(!(value >= 0 && Number.isFinite(value)), name, `${name}: ${value} is negative`);
  const count = (name: string, value = 1): void =>
    refuse(!(Number.isInteger(value) && value >= 1), name, `${name}: ${value} is not 1 or more`);
  for (const name of shares) share(name, settings[name]);
  for (const [name, value] of Object.entries(gilbertElliott ?? {})) share(`gilbertElliott.${name}`, value);
  for (const name of amounts) amount(name, settings[name]);
  refuse(rateBits === 0, 'rateBits', 'rateBits: 0 lets nothing through; that is a blackout');
  refuse(queuePackets === 0, 'queuePackets', 'queuePackets: a queue without room drops everything');
  count('reorderGap', reorderGap);
  for (const [name, other, why] of needs)
    refuse(settings[name] && !settings[other], name, `${name} needs ${other}: ${why}`);
  if (slot) {
    const { waitMicros, jitterMicros = 0, distribution = 'uniform' } = slot;
    amount('slot.waitMicros', waitMicros);
    amount('slot.jitterMicros', jitterMicros);
    const tooEarly = 'the jitter of a slot is at most its wait: packets cannot leave before they came';
    refuse(distribution === 'uniform' && jitterMicros > waitMicros, 'slot.jitterMicros', tooEarly);
    count('slot.packets', slot.packets);
    count('slot.bytes', slot.bytes);
  }
  const twoModels = 'loss and gilbertElliott: a link has one model of loss, at random or in bursts, not both';
  refuse(loss && gilbertElliott, 'gilbertElliott', twoModels);
  refuse(rateBits && trace, 'trace', 'rateBits and trace: both say when the bottleneck sends, so give one');
  const nothingSlow = 'queueMicros needs rateBits or trace: nothing queues where nothing is slow';
  refuse(queueMicros && !rateBits && !trace, 'queueMicros', nothingSlow);
  const isUsable =
    (trace?.at(-1) ?? 0) > 0 && trace?.every((at, i) => Number.isInteger(at) && at >= (trace[i - 1] ?? 0));
  refuse(trace && !isUsable, 'trace', 'trace: wants rising times in milliseconds, the last above 0');
  return mistakes;
}

/** @throws MQB_LAB_PROFILE with all mistakes, exit code 2 */
export function checkProfile(profile: LinkProfile): void {
  const mistakes = mistakesOf(profile);
  if (mistakes.length > 0) throw usageError('MQB_LAB_PROFILE', `this network is not possible: ${mistakes.join('; ')}`);
}
