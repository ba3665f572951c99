import type { DirectionCounters, Impairment } from '../contract.js';
import type { DirectionDraws } from '../reading.js';

// What the kernel's emulator tells about itself, and what stands beside it, as one set of counters.

/** For a shell in the namespace of a device, $1: prints what {@link parseEnd} reads, its queue, "bytes packets" received, what entered. */
export const endScript = [
  'tc -s -j qdisc show dev "$1"; echo',
  'while read -r device received; do [ "$device" != "$1:" ] || echo $received; done < /proc/net/dev',
  'nft list table inet entered',
].join('\n');

/**
 * Counts what the network layer puts on a device, before the queue in which netem sits: netem counts what leaves it, and
 * of what it drops not the bytes. In the form of `nft -f`.
 */
export const enteredTable = (device: string): string =>
  `table inet entered {\n chain count {\n type filter hook postrouting priority 300;\n oifname "${device}" counter\n }\n}\n`;

/** One end of the access link. */
export type LinkEnd = Readonly<ReturnType<typeof parseEnd>>;

interface Qdisc extends Record<'packets' | 'drops' | 'qlen', number> {
  readonly kind: string;
  /** sch_netem.c counts here what it puts at the front of its queue. */
  readonly requeues: number;
}

/** From the output of {@link endScript}. */
export function parseEnd(text: string) {
  const queues = JSON.parse(text.split('\n').find((line) => line.startsWith('[')) ?? '[]') as Qdisc[];
  const netem = queues.find(({ kind }) => kind === 'netem');
  const [, frameBytes = '0', frames = '0'] = /^(\d+) (\d+) /m.exec(text) ?? [];
  const [, packets = '0', bytes = '0'] = /counter packets (\d+) bytes (\d+)/.exec(text) ?? [];
  return {
    /** What the network layer put on the device, IP packets and their bytes. */
    entered: { packets: Number(packets), bytes: Number(bytes) },
    /** What netem let out (copies included), dropped, sent at once, and still holds. */
    released: netem?.packets ?? 0,
    drops: netem?.drops ?? 0,
    atOnce: netem?.requeues ?? 0,
    held: netem?.qlen ?? 0,
    /** What the device got from the other end: Ethernet frames. */
    received: { packets: Number(frames), bytes: Number(frameBytes) },
  };
}

/** Of an Ethernet frame; our counters are of IP packets. */
export const etherHeader = 14;

/**
 * One direction, from the sending end and the receiving one. netem tells what was lost and what a full queue dropped by one
 * number, and says nothing about what was duplicated, corrupted or overtaken: those are absent.
 */
export function directionCounters(sender: LinkEnd, receiver: LinkEnd): DirectionCounters {
  const { packets, bytes } = receiver.received;
  return {
    packetsIn: sender.entered.packets,
    bytesIn: sender.entered.bytes,
    packetsOut: packets,
    bytesOut: bytes - etherHeader * packets,
    packetsLost: sender.drops,
    packetsSentAtOnce: sender.atOnce,
  };
}

/** What was left to chance at a sending end between two looks at it. */
export function drawsBetween(from: LinkEnd, to: LinkEnd, { reorderGap = 1 }: Impairment): DirectionDraws {
  const hit = to.atOnce - from.atOnce;
  const queued = to.released + to.held - from.released - from.held;
  return {
    loss: { tried: to.entered.packets - from.entered.packets, hit: to.drops - from.drops },
    // Each that was sent at once had gap - 1 before it that were not asked.
    reorder: { tried: queued - (reorderGap - 1) * hit, hit },
  };
}
