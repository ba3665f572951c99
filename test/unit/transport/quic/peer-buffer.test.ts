import { beforeEach, describe, expect, it } from 'vitest';
import type { QuicConnection } from '../../../../src/transport/quic/connection/connection.js';
import { PeerBuffer, Place } from '../../../../src/transport/quic/endpoint/peer-buffer.js';
import { TimerWheel, type TimeSource } from '../../../../src/transport/quic/endpoint/scheduler.js';

/** A small publish, bytes of UDP payload; with what the kernel needs beside them 1300. */
const datagram = 300;

let now: number;
let timers: { at: number; callback: () => void }[];
let free: number | undefined;
let asked: number;
let log: string[];
let buffer: PeerBuffer;

const time: TimeSource = {
  now: () => now,
  after: (delayMs, callback) => {
    const timer = { at: now + delayMs, callback };
    timers.push(timer);
    return () => {
      timers = timers.filter((one) => one !== timer);
    };
  },
};

function advance(ms: number): void {
  now += ms;
  const due = timers.filter(({ at }) => at <= now);
  timers = timers.filter(({ at }) => at > now);
  for (const { callback } of due) callback();
}

beforeEach(() => {
  now = 1000;
  timers = [];
  free = 100_000;
  asked = 0;
  log = [];
  buffer = new PeerBuffer(new TimerWheel(time), () => {
    asked++;
    log.push('asked');
    return free;
  });
});

/** Connections by number; what they are told is logged. */
function places(count: number): Place[] {
  return Array.from({ length: count }, (_, i) => {
    const host = { io: { flush: () => log.push('flushed') }, wake: () => log.push(`woken ${i}`) };
    return new Place(buffer, { host } as unknown as QuicConnection);
  });
}

/** Each tries to send a datagram. @returns the numbers of those that did */
function send(all: readonly Place[]): number[] {
  return all.flatMap((place, i) => {
    if (!buffer.admits(place)) return [];
    buffer.left(place, 1, place.bytes + datagram, now);
    return [i];
  });
}

describe('the receive buffer of a peer on this machine', () => {
  it('is filled by half of its room; the others wait, and are woken in their order when it has room again', () => {
    const all = places(60);
    expect(send(all)).toHaveLength(Math.ceil(50_000 / 1300));
    expect(asked).toBe(1);
    free = 30_000;
    advance(4);
    const woken = log.filter((entry) => entry.startsWith('woken'));
    expect(woken).toEqual(Array.from({ length: 12 }, (_, i) => `woken ${39 + i}`)); // 15,000 bytes
    // Whoever comes now comes after them.
    const [late] = places(1) as [Place];
    expect(send([late])).toEqual([]);
    expect(send(all.slice(39))).toHaveLength(12);
  });

  it('is asked for when everything that was sent is there, and not for each datagram', () => {
    send(places(10));
    expect(log).toEqual(['flushed', 'asked']);
  });

  it('holds nobody up where nobody knows it', () => {
    free = undefined;
    expect(send(places(500))).toHaveLength(500);
  });

  it('with hardly any room is left alone', () => {
    free = 10_000;
    expect(send(places(3))).toEqual([]);
  });

  it('is not blocked by those that were woken and have ended', () => {
    const all = places(100);
    free = 20_000;
    expect(send(all)).toHaveLength(8);
    for (let i = 0; i < 20; i++) advance(4); // none of those that are woken sends
    expect(log).toContain('woken 99');
  });
});
