import type { Impairment } from './contract.js';
import { lineBytes } from './emulator/elements/rate.js';

/** Packets, netem's default `limit`. */
export const defaultQueue = 1000;

/** Delay and, where packets leave in groups, one wait for it, each with what its jitter may add. Microseconds. */
export function flightMicros({ delayMicros = 0, jitterMicros = 0, slot }: Impairment): number {
  return delayMicros + 4 * jitterMicros + (slot ? slot.waitMicros + 4 * (slot.jitterMicros ?? 0) : 0);
}

/**
 * The longest that a packet can be under way through one direction of the link: delay, jitter, the wait for its group, and where a
 * rate is limited a full queue. @returns microseconds; correlated or normally distributed jitter exceeds it in 1 of 30,000 packets
 */
export function longestPathMicros(settings: Impairment, mtu: number): number {
  const { jitterMicros = 0, jitterDistribution, jitterCorrelation, slot } = settings;
  const flight = (settings.delayMicros ?? 0) + jitters(jitterDistribution, jitterCorrelation) * jitterMicros;
  const packets = settings.queuePackets ?? defaultQueue;
  const queue = settings.rateBits ? (packets * lineBytes(mtu, settings.rateOverhead) * 8e6) / settings.rateBits : 0;
  const turn = slot ? slot.waitMicros + jitters(slot.distribution) * (slot.jitterMicros ?? 0) : 0;
  const turns = Math.ceil(
    Math.max(1, packets / (slot?.packets ?? packets), (packets * mtu) / (slot?.bytes ?? packets * mtu)),
  );
  return flight + Math.min(queue, settings.queueMicros ?? queue) + turns * turn;
}

/** How many times its size jitter adds at most. */
function jitters(shape: Impairment['jitterDistribution'] = 'uniform', correlation = 0): number {
  return shape === 'uniform' && !correlation ? 1 : 4;
}
