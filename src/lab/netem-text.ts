import type { Impairment } from './contract.js';

/**
 * The words tc-netem(8) wants for an impairment, e.g. `limit 1000 delay 15000us loss 10%`.
 * Pure: what the kernel is told can be tested as text.
 * @param mtu of the link, bytes: the limit must hold what is in flight at the rate
 */
export function netemText(settings: Impairment, mtu = 1500): string {
  const words = [`limit ${netemLimit(settings, mtu)}`];
  if (settings.delayMicros || settings.jitterMicros) words.push(delayWords(settings));
  if (settings.loss) words.push(`loss ${percent(settings.loss)}${correlation(settings.lossCorrelation)}`);
  if (settings.gilbertElliott) {
    const { p, r, oneMinusH, oneMinusK } = settings.gilbertElliott;
    words.push(`loss gemodel ${percent(p)} ${percent(r)} ${percent(oneMinusH)} ${percent(oneMinusK)}`);
  }
  if (settings.corrupt) words.push(`corrupt ${percent(settings.corrupt)}`);
  if (settings.duplicate) words.push(`duplicate ${percent(settings.duplicate)}`);
  if (settings.reorder) {
    const gap = settings.reorderGap && settings.reorderGap > 1 ? ` gap ${settings.reorderGap}` : '';
    words.push(`reorder ${percent(settings.reorder)}${correlation(settings.reorderCorrelation)}${gap}`);
  }
  if (settings.rateBits) words.push(`rate ${Math.round(settings.rateBits)}bit`);
  return words.join(' ');
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

/** netem counts what is in flight into its limit, so the queue asked for comes on top of the flight. */
function netemLimit(settings: Impairment, mtu: number): number {
  const flightMicros = (settings.delayMicros ?? 0) + 4 * (settings.jitterMicros ?? 0);
  if (!settings.rateBits) return settings.queuePackets ?? Math.max(1000, Math.ceil((flightMicros / 1e6) * 250_000));
  const perSecond = settings.rateBits / (8 * Math.min(mtu, 300));
  const byTime =
    settings.queueMicros === undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(1, Math.ceil((settings.queueMicros / 1e6) * (settings.rateBits / (8 * mtu))));
  const queue = Math.min(settings.queuePackets ?? 1000, byTime);
  return queue + Math.ceil((flightMicros / 1e6) * perSecond);
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
