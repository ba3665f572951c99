import { entryPath } from '../../base/process/child.js';
import { RoleHandle } from '../../base/process/role.js';
import type { DirectionCounters, Impairment, Lab, LabBackend, Place } from '../contract.js';
import { openLab } from '../lab.js';
import { countersBetween } from '../reading.js';
import type { NumberedOptions, NumberedResult } from './precise-entry.js';

/** What a link does to packets from client to server, measured at its ends. Times in microseconds. */
export interface Survey {
  readonly backend: LabBackend;
  /** Numbered datagrams one way; the ends share a clock, so this needs no return. */
  readonly oneWay: Readonly<ReturnType<typeof oneWay>>;
  /** What the link itself counted of those numbered datagrams, on the way up. */
  readonly counted: DirectionCounters;
  readonly rtt: { readonly p50: number; readonly p95: number };
  /** Bits of IP per second: of datagrams sent faster than the link, and of one TCP connection (payload). */
  readonly udpBitsPerSecond: number;
  readonly tcpBitsPerSecond: number;
}

export interface SurveyOptions {
  readonly packets: number;
  readonly intervalMicros: number;
  /** Undefined: rates are not measured. */
  readonly floodMillis?: number;
}

const payloadBytes = 64;
const largeBytes = 972;
const headerBytes = 28; // IPv4 and UDP
/** A connection of TCP does not get going on a slower link in the time that it has. */
const slowestForTcp = 64_000;
/** Of datagrams sent faster than the link, so many tell its rate; and for no longer than this times what it carries meanwhile. */
const fewestOfFlood = 20;
const floodFactor = 2;

/** What such datagrams, as many as are asked for, take at least on a link, microseconds. */
export function surveyMicros({ rateBits }: Impairment, packets: number): number {
  return rateBits === undefined ? 0 : packets * sendingMicros(rateBits, payloadBytes);
}

function sendingMicros(rateBits: number, bytes: number): number {
  return ((bytes + headerBytes) * 8e6) / rateBits;
}

/** Silence after which nothing more is expected: several datagrams' time on a slow link. */
function quietMillis(least: number, { rateBits }: Impairment, bytes: number): number {
  return Math.max(least, rateBits === undefined ? 0 : (5 * sendingMicros(rateBits, bytes)) / 1000);
}

/** Measures one link after the other: in each, the way up has the profile and the way down is perfect. */
export async function* survey(
  backend: LabBackend | undefined,
  links: readonly Impairment[],
  optionsOf: (link: Impairment) => SurveyOptions,
): AsyncGenerator<Survey> {
  const lab = await openLab({ backend, profile: { up: links[0] ?? {}, down: {} }, seed: 1 });
  const probes: RoleHandle[] = [];
  const start = (place: Place, entry: string): RoleHandle => {
    const path = entryPath(import.meta.url, entry);
    const probe = RoleHandle.start(`probe ${place}`, path, (...args) => lab.spawn(place, ...args));
    probes.push(probe);
    return probe;
  };
  try {
    const precise = start('client', './precise-entry.js');
    for (const link of links) {
      await lab.setProfile({ up: link, down: {} });
      const { packets, intervalMicros, floodMillis } = optionsOf(link);
      const size = { host: lab.serverAddress, bytes: payloadBytes };
      const options = { ...size, packets, intervalMicros, quietMillis: quietMillis(300, link, payloadBytes) };
      const before = (await lab.counters()).up;
      const stream = await precise.call<NumberedResult>('numbered', options satisfies NumberedOptions, 120_000);
      const counted = countersBetween(before, (await lab.counters()).up);
      const rtt = await lab.calibrate({ packets: 30, intervalMicros: 20_000 });
      const rates = floodMillis ? await ratesOf(lab, precise, start, { link, millis: floodMillis }) : noRates;
      const { rttP50Micros: p50, rttP95Micros: p95 } = rtt;
      yield { backend: lab.backend, oneWay: oneWay(stream, packets), counted, rtt: { p50, p95 }, ...rates };
    }
  } finally {
    await Promise.all(probes.map((probe) => probe.end(500)));
    await lab.close();
  }
}

type Rates = Pick<Survey, 'udpBitsPerSecond' | 'tcpBitsPerSecond'>;
const noRates: Rates = { udpBitsPerSecond: Number.NaN, tcpBitsPerSecond: Number.NaN };

async function ratesOf(
  lab: Lab,
  precise: RoleHandle,
  start: (place: Place, entry: string) => RoleHandle,
  { link, millis }: { link: Impairment; millis: number },
): Promise<Rates> {
  const host = lab.serverAddress;
  const { rateBits = Number.POSITIVE_INFINITY } = link;
  const carried = (floodFactor * millis * 1000) / sendingMicros(rateBits, largeBytes);
  // Datagrams of 1,000 bytes each 400 µs: 20 Mbit/s, so more than the link carries when it carries less.
  const packets = Math.round(Math.min(millis / 0.4, Math.max(fewestOfFlood, carried)));
  const quiet = quietMillis(500, link, largeBytes);
  const options: NumberedOptions = { host, bytes: largeBytes, packets, intervalMicros: 400, quietMillis: quiet };
  const { numbers, spanMicros } = await precise.call<NumberedResult>('numbered', options, 120_000);
  const udpBitsPerSecond = ((numbers.length - 1) * (largeBytes + headerBytes) * 8e6) / spanMicros;
  if (rateBits < slowestForTcp) return { udpBitsPerSecond, tcpBitsPerSecond: Number.NaN };
  const [client, server] = [start('client', './entry.js'), start('server', './entry.js')];
  const port = await server.call<number>('sink', host);
  await client.call('pour', { host, port, millis }, 120_000);
  const poured = await server.call<{ bytes: number; spanMicros: number }>('sunk', undefined);
  return { udpBitsPerSecond, tcpBitsPerSecond: (poured.bytes * 8e6) / poured.spanMicros };
}

/** What became of packets that were numbered from 0 in order of sending. */
export function oneWay({ numbers, delays }: Pick<NumberedResult, 'numbers' | 'delays'>, sent: number) {
  const seen = new Set(numbers);
  const sorted = [...delays].sort((a, b) => a - b);
  const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
  const variance = delays.reduce((sum, delay) => sum + (delay - mean) ** 2, 0) / delays.length;
  let reordered = 0;
  let highest = -1;
  for (const number of numbers) {
    if (number < highest) reordered++;
    highest = Math.max(highest, number);
  }
  let overtook = 0;
  let lowestAfter = sent;
  for (let i = numbers.length - 1; i >= 0; i--) {
    if (numbers[i]! > lowestAfter) overtook++;
    lowestAfter = Math.min(lowestAfter, numbers[i]!);
  }
  let bursts = 0;
  for (let i = 0; i < sent; i++) if (!seen.has(i) && (i === 0 || seen.has(i - 1))) bursts++;
  const lost = sent - seen.size;
  return {
    sent,
    delayP50: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
    delayMean: mean,
    /** Standard deviation; one straggler moves it much, so also P90 - P10. */
    delayDeviation: Math.sqrt(variance),
    delaySpread: (sorted[Math.floor(sorted.length * 0.9)] ?? 0) - (sorted[Math.floor(sorted.length * 0.1)] ?? 0),
    /** These four are shares of the packets sent. */
    lost: lost / sent,
    duplicated: (numbers.length - seen.size) / sent,
    /** Arrived before at least one that was sent earlier: what `reorder` asks for, where packets are close enough. */
    overtook: overtook / sent,
    /** Arrived after at least one that was sent later: the reordered of RFC 4737. One that overtakes makes many of them. */
    reordered: reordered / sent,
    /** Mean length of a run of losses, packets; 0 when nothing was lost. */
    meanBurst: bursts === 0 ? 0 : lost / bursts,
  };
}
