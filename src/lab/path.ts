import type { Impairment } from './contract.js';
import { lineBytes } from './emulator/rate.js';

const defaultQueue = 1000;

/**
 * The longest that a packet can be under way through one direction of the link: delay, jitter, and where a rate is
 * limited a full queue. @returns microseconds; correlated or normally distributed jitter exceeds it in 1 of 30,000 packets
 */
export function longestPathMicros(settings: Impairment, mtu: number): number {
  const jitters = (settings.jitterDistribution ?? 'uniform') === 'uniform' && !settings.jitterCorrelation ? 1 : 4;
  const flight = (settings.delayMicros ?? 0) + jitters * (settings.jitterMicros ?? 0);
  const queue = settings.rateBits
    ? ((settings.queuePackets ?? defaultQueue) * lineBytes(mtu, settings.rateOverhead) * 8e6) / settings.rateBits
    : 0;
  return flight + Math.min(queue, settings.queueMicros ?? queue);
}
