import type { Impairment } from '../contract.js';
import { thresholdOf } from '../emulator/chance.js';
import { flightMicros } from '../path.js';
import { etherHeader } from './counters.js';

/**
 * An impairment in the words of tc-netem(8), as it was asked for, e.g. `delay 15000us loss 10% rate 10000000bit limit 100`;
 * "nothing" when nothing was.
 */
export function impairmentText(settings: Impairment): string {
  const words = impairmentWords(settings, (share) => share);
  if (settings.rateBits) words.push(`rate ${Math.round(settings.rateBits)}bit${overheadText(settings, 0)}`);
  if (settings.slot) words.push(slotWords(settings.slot));
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
  const words = [`limit ${netemLimit(settings, mtu)}`, ...impairmentWords(settings, thresholdOf)];
  if (settings.rateBits) words.push(`rate ${Math.round(settings.rateBits)}bit${overheadText(settings, etherHeader)}`);
  if (settings.slot) words.push(slotWords(settings.slot));
  return words.join(' ');
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

/** @param counted bytes that the kernel counts into every packet and that are not on the line */
function overheadText({ rateOverhead }: Impairment, counted: number): string {
  const { packetBytes = 0, cellBytes = 0, cellOverheadBytes = 0 } = rateOverhead ?? {};
  const cells = cellBytes === 0 ? '' : ` ${cellBytes} ${cellOverheadBytes}`;
  return packetBytes === counted && cells === '' ? '' : ` ${packetBytes - counted}${cells}`;
}

/** All but rate and queue. @param told what stands for a share that has a correlation */
function impairmentWords(settings: Impairment, told: (share: number, correlation: number) => number): string[] {
  const words: string[] = [];
  const share = (value: number, correlated: number | undefined): string =>
    `${percent(told(value, correlated ?? 0))}${correlation(correlated)}`;
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
  return words;
}

function delayWords(settings: Impairment): string {
  const words = [`delay ${micros(settings.delayMicros ?? 0)}`];
  if (settings.jitterMicros) {
    words.push(micros(settings.jitterMicros));
    if (settings.jitterCorrelation) words.push(percent(settings.jitterCorrelation));
    const shape = settings.jitterDistribution ?? 'uniform';
    if (shape !== 'uniform') words.push(`distribution ${shape}`); // without a table netem's jitter is uniform
  }
  return words.join(' ');
}

/** netem counts what is in flight, or waits for its turn, into its limit, so the queue asked for comes on top of that. */
function netemLimit(settings: Impairment, mtu: number): number {
  const flight = flightMicros(settings);
  if (!settings.rateBits) return settings.queuePackets ?? Math.max(1000, Math.ceil((flight / 1e6) * 250_000));
  const perSecond = settings.rateBits / (8 * Math.min(mtu, 300));
  const byTime =
    settings.queueMicros === undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(1, Math.ceil((settings.queueMicros / 1e6) * (settings.rateBits / (8 * mtu))));
  const queue = Math.min(settings.queuePackets ?? 1000, byTime);
  return queue + Math.ceil((flight / 1e6) * perSecond);
}

function micros(value: number): string {
  return `${Math.round(value)}us`;
}

/** tc keeps shares as 32-bit fractions; six digits of a per cent lose nothing of that which matters. */
function percent(share: number): string {
  return `${Number((share * 100).toFixed(6))}%`;
}

function correlation(share: number | undefined): string {
  return share ? ` ${percent(share)}` : '';
}
