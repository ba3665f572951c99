import { formatDuration, formatShare } from '../base/units.js';
import type { Impairment, LinkProfile } from './contract.js';

/** What a link does, in the words of a plan; nothing of a link that adds nothing. */
export function linkTexts({ up, down }: LinkProfile): string[] {
  const same = JSON.stringify({ ...up, delayMicros: 0 }) === JSON.stringify({ ...down, delayMicros: 0 });
  const rttMicros = (up.delayMicros ?? 0) + (down.delayMicros ?? 0);
  return [
    ...(rttMicros > 0 ? [`round trip ${formatDuration(rttMicros)}`] : []),
    ...impairmentTexts(up).map((text) => `${text} ${same ? 'each way' : 'up'}`),
    ...(same ? [] : impairmentTexts(down).map((text) => `${text} down`)),
  ];
}

/** Everything but the delay. */
function impairmentTexts(impairment: Impairment): string[] {
  const texts: string[] = [];
  const share = (value: number | undefined, word: string): void => {
    if (value) texts.push(`${formatShare(value)} ${word}`);
  };
  if (impairment.jitterMicros) texts.push(`${formatDuration(impairment.jitterMicros)} jitter`);
  share(impairment.loss, 'loss');
  if (impairment.gilbertElliott) texts.push('loss in bursts');
  share(impairment.reorder, 'reordered');
  share(impairment.duplicate, 'duplicated');
  share(impairment.corrupt, 'corrupted');
  if (impairment.rateBits) texts.push(`${Number((impairment.rateBits / 1e6).toPrecision(3))} Mbit/s`);
  if (impairment.slot) texts.push(`in groups every ${formatDuration(impairment.slot.waitMicros)}`);
  return texts;
}
