import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
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
  const refuse = (field: string, says: string): number => mistakes.push([field, `${field}: ${says}`]);
  const share = (name: string, value: number | undefined): void => {
    if (value !== undefined && !(value >= 0 && value <= 1)) refuse(name, `${value * 100} % is not between 0 and 100 %`);
  };
  for (const name of shares) share(name, settings[name]);
  for (const [name, value] of Object.entries(settings.gilbertElliott ?? {})) share(`gilbertElliott.${name}`, value);
  for (const name of amounts) {
    const value = settings[name];
    if (value !== undefined && !(value >= 0 && Number.isFinite(value))) refuse(name, `${value} is negative`);
  }
  if (settings.rateBits === 0) refuse('rateBits', '0 lets nothing through; that is a blackout');
  if (settings.queuePackets === 0) refuse('queuePackets', 'a queue without room drops everything');
  const gap = settings.reorderGap;
  if (gap !== undefined && !(Number.isInteger(gap) && gap >= 1)) refuse('reorderGap', `${gap} is not 1 or more`);
  for (const [name, other, why] of needs) {
    if (settings[name] && !settings[other]) mistakes.push([name, `${name} needs ${other}: ${why}`]);
  }
  return [...mistakes, ...slotMistakes(settings.slot), ...exclusive(settings)];
}

function slotMistakes(slot: Impairment['slot']): Mistake[] {
  if (!slot) return [];
  const mistakes: Mistake[] = [];
  const { waitMicros, jitterMicros = 0, distribution = 'uniform' } = slot;
  for (const [name, value] of Object.entries({ waitMicros, jitterMicros })) {
    if (!(value >= 0 && Number.isFinite(value))) mistakes.push([`slot.${name}`, `slot.${name}: ${value} is negative`]);
  }
  if (distribution === 'uniform' && jitterMicros > waitMicros) {
    const says = 'the jitter of a slot is at most its wait: packets cannot leave before they came';
    mistakes.push(['slot.jitterMicros', says]);
  }
  for (const name of ['packets', 'bytes'] as const) {
    const value = slot[name];
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      mistakes.push([`slot.${name}`, `slot.${name}: ${value} is not 1 or more`]);
  }
  return mistakes;
}

function exclusive(settings: Impairment): Mistake[] {
  const mistakes: Mistake[] = [];
  if (settings.loss && settings.gilbertElliott) {
    const says = 'loss and gilbertElliott: a link has one model of loss, at random or in bursts, not both';
    mistakes.push(['gilbertElliott', says]);
  }
  if (settings.rateBits && settings.trace) {
    mistakes.push(['trace', 'rateBits and trace: both say when the bottleneck sends, so give one']);
  }
  if (settings.queueMicros && !settings.rateBits && !settings.trace) {
    mistakes.push(['queueMicros', 'queueMicros needs rateBits or trace: nothing queues where nothing is slow']);
  }
  if (settings.trace && !usableTrace(settings.trace)) {
    mistakes.push(['trace', 'trace: wants rising times in milliseconds, the last above 0']);
  }
  return mistakes;
}

function usableTrace(trace: readonly number[]): boolean {
  const last = trace[trace.length - 1];
  return last !== undefined && last > 0 && trace.every((at, i) => Number.isInteger(at) && at >= (trace[i - 1] ?? 0));
}

/** @throws MQB_LAB_PROFILE with all mistakes, exit code 2 */
export function checkProfile(profile: LinkProfile): void {
  const mistakes = mistakesOf(profile);
  if (mistakes.length === 0) return;
  throw new MqbenchError('MQB_LAB_PROFILE', `this network is not possible: ${mistakes.join('; ')}`, {
    exitCode: exitCodes.usage,
  });
}
