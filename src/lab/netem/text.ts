import { formatDuration, formatShare } from '../../base/units.js';
import type { Impairment, LinkProfile } from '../contract.js';
import { thresholdOf } from '../emulator/chance.js';
import { defaultQueue, flightMicros } from '../path.js';
import { etherHeader } from './counters.js';

/**
 * An impairment in the words of tc-netem(8), as it was asked for, e.g. `delay 15000us loss 10% rate 10000000bit limit 100`;
 * "nothing" when nothing was.
 */
export function impairmentText(settings: Impairment): string {
  const words = impairmentWords(settings, (share) => share, 0);
  if (settings.trace) words.push('recorded');
  if (settings.queuePackets) words.push(`limit ${settings.queuePackets}`);
  if (settings.queueMicros) words.push(`queue ${micros(settings.queueMicros)}`);
  return words.length === 0 ? 'nothing' : words.join(' ');
}

/**
 * What the kernel's emulator must be told for it, e.g. `limit 3750 delay 15000us loss 10%`: its limit also holds what is in
 * flight, its rate counts Ethernet's header, and with a correlation its shares are not those that it is told.
 * Pure: what the kernel is told can be tested as text.
 * @param mtu of the link, bytes: the limit must hold what is in flight at the rate
 */
export function netemText(settings: Impairment, mtu = 1500): string {
  return [`limit ${netemLimit(settings, mtu)}`, ...impairmentWords(settings, thresholdOf, etherHeader)].join(' ');
}

function slotWords({ waitMicros, jitterMicros = 0, distribution = 'uniform', packets, bytes }: Slot): string {
  const words =
    distribution === 'uniform' || jitterMicros === 0
      ? [`slot ${micros(waitMicros - jitterMicros)}`, ...(jitterMicros ? [micros(waitMicros + jitterMicros)] : [])]
      : [`slot distribution ${distribution} ${micros(waitMicros)} ${micros(jitterMicros)}`];
  if (packets) words.push(`packets ${packets}`);
  if (bytes) words.push(`bytes ${bytes}`);
  return words.join(' ');
}

type Slot = NonNullable<Impairment['slot']>;

function overheadText({ rateOverhead }: Impairment, counted: number): string {
  const { packetBytes = 0, cellBytes = 0, cellOverheadBytes = 0 } = rateOverhead ?? {};
  const cells = cellBytes === 0 ? '' : ` ${cellBytes} ${cellOverheadBytes}`;
  return packetBytes === counted && cells === '' ? '' : ` ${packetBytes - counted}${cells}`;
}

/**
 * All but the queue.
 * @param told what stands for a share that has a correlation
 * @param counted bytes that the kernel counts into every packet and that are not on the line
 */
function impairmentWords(
  settings: Impairment,
  told: (share: number, correlation: number) => number,
  counted: number,
): string[] {
  const words: string[] = [];
  const share = (value: number, correlation = 0): string =>
    percent(told(value, correlation)) + (correlation ? ` ${percent(correlation)}` : '');
  if (settings.delayMicros || settings.jitterMicros) words.push(delayWords(settings));
  if (settings.loss) words.push(`loss ${share(settings.loss, settings.lossCorrelation)}`);
  if (settings.gilbertElliott) {
    const { p, r, oneMinusH, oneMinusK } = settings.gilbertElliott;
    words.push(`loss gemodel ${percent(p)} ${percent(r)} ${percent(oneMinusH)} ${percent(oneMinusK)}`);
  }
  if (settings.corrupt) words.push(`corrupt ${percent(settings.corrupt)}`);
  if (settings.duplicate) words.push(`duplicate ${percent(settings.duplicate)}`);
  if (settings.reorder) {
    const gap = settings.reorderGap && settings.reorderGap > 1 ? ` gap ${settings.reorderGap}` : '';
    words.push(`reorder ${share(settings.reorder, settings.reorderCorrelation)}${gap}`);
  }
  if (settings.rateBits) words.push(`rate ${Math.round(settings.rateBits)}bit${overheadText(settings, counted)}`);
  if (settings.slot) words.push(slotWords(settings.slot));
  return words;
}

function delayWords({ delayMicros = 0, jitterMicros, jitterCorrelation, jitterDistribution }: Impairment): string {
  const words = [`delay ${micros(delayMicros)}`];
  if (!jitterMicros) return words.join(' ');
  words.push(micros(jitterMicros));
  if (jitterCorrelation) words.push(percent(jitterCorrelation));
  const shape = jitterDistribution ?? 'uniform';
  if (shape !== 'uniform') words.push(`distribution ${shape}`); // without a table netem's jitter is uniform
  return words.join(' ');
}

/** netem counts what is in flight, or waits for its turn, into its limit, so the queue asked for comes on top of that. */
function netemLimit(settings: Impairment, mtu: number): number {
  const flight = flightMicros(settings);
  if (!settings.rateBits) return settings.queuePackets ?? Math.max(defaultQueue, Math.ceil((flight / 1e6) * 250_000));
  const perSecond = settings.rateBits / (8 * Math.min(mtu, 300));
  const byTime =
    settings.queueMicros === undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(1, Math.ceil((settings.queueMicros / 1e6) * (settings.rateBits / (8 * mtu))));
  const queue = Math.min(settings.queuePackets ?? defaultQueue, byTime);
  return queue + Math.ceil((flight / 1e6) * perSecond);
}

const micros = (value: number): string => `${Math.round(value)}us`;

/** tc keeps shares as 32-bit fractions; six digits of a per cent lose nothing of that which matters. */
const percent = (share: number): string => `${Number((share * 100).toFixed(6))}%`;

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
  const { jitterMicros, loss, gilbertElliott, reorder, duplicate, corrupt, rateBits, slot } = impairment;
  const share = (value: number | undefined, word: string) => value && `${formatShare(value)} ${word}`;
  const texts = [
    jitterMicros && `${formatDuration(jitterMicros)} jitter`,
    share(loss, 'loss'),
    gilbertElliott && 'loss in bursts',
    share(reorder, 'reordered'),
    share(duplicate, 'duplicated'),
    share(corrupt, 'corrupted'),
    rateBits && `${Number((rateBits / 1e6).toPrecision(3))} Mbit/s`,
    slot && `in groups every ${formatDuration(slot.waitMicros)}`,
  ];
  return texts.filter((text) => typeof text === 'string');
}
