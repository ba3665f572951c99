import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { Address, Connection } from '../../src/transport/contract.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import { migrate } from '../../src/transport/quic/connection/migration.js';
import { quicTransport } from '../../src/transport/quic/transport.js';
import { UdpRelay } from '../broker/udp-relay.js';
import { certificates, clientAddress, exchange, Lab, pause, serverAddress } from './wire.js';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const moves = 40;
/** Before each of three moves in a row. */
const silences = [500, 2000, 5000];
const messageBytes = 1000;
/** Much more than the congestion window, so that a PING has to wait behind it. */
const many = 40;
/** So few that the window has room. */
const few = 2;
/** All that is under way has been acknowledged by then. */
const settledMs = 150;
const elsewhere = (move: number): Address => ({ host: '203.0.113.5', port: 50_000 + move });

/** Calls back with the first whole message, and with the last. */
function receive(duplex: Duplex, messages: number, onFirst: () => void): Promise<void> {
  let got = 0;
  return new Promise((resolve) => {
    const onData = (bytes: Buffer): void => {
      const isFirst = got < messageBytes && got + bytes.length >= messageBytes;
      got += bytes.length;
      if (isFirst) onFirst();
      if (got < messages * messageBytes) return;
      duplex.off('data', onData);
      resolve();
    };
    duplex.on('data', onData);
  });
}

interface Arrival {
  /** Round trips from the client's first datagram until it had the first whole message. */
  readonly trips: number;
  /** UDP payload to the new address by the bytes from there, at its highest before the client had answered. */
  readonly factor: number;
}

/** Probes that the server has sent since it last heard the client. */
const probesOf = ({ path }: QuicConnection): number => (path as unknown as { unanswered: number }).unanswered;

/**
 * So long nobody hears the server. Where a busy machine makes the round trip seem many times as long as it is, half a second
 * may lie before quiche's second probe, which is another test's business: then it is longer.
 */
async function silence(server: QuicConnection, silentMs: number): Promise<void> {
  await pause(silentMs);
  for (let waited = 0; probesOf(server) < 2 && waited < 20_000; waited += 20) await pause(20);
}

/** Lets a NAT give the client another port, the server write into the void, and after a silence the client say something. */
type Move<T> = (silentMs: number) => Promise<T>;

async function pair(oneWayMs: number, messages: number, waits = silence): Promise<Move<Arrival>> {
  const lab = await Lab.start({}, { keepAliveMs: 0 });
  undo.push(() => lab.end());
  lab.wire.fate = () => ({ copies: 1, delayMs: oneWayMs });
  const { client, server } = await lab.echoPair();
  for (let i = 0; i < 3; i++) await exchange(client, randomBytes(100)); // now both know the round trip
  let nth = 0;
  return async (silentMs) => {
    const there = elsewhere(++nth);
    lab.wire.move(lab.clientIo, there);
    for (let i = 0; i < messages; i++) server.duplex.write(randomBytes(messageBytes));
    await waits(server, silentMs);
    let trips = 0;
    const all = receive(client.duplex, messages, () => {
      trips = lab.wire.tripsOf(there);
    });
    const before = lab.wire.sent.length;
    lab.wire.startTrips();
    client.quiche.sendAckEliciting();
    client.wake();
    await all;
    return { trips, factor: highestFactor(lab.wire.sent.slice(before), there) };
  };
}

/** Until the client's second datagram, which proves that it is where it seems to be. */
function highestFactor(datagrams: Lab['wire']['sent'], there: Address): number {
  let [received, sent, highest] = [0, 0, 0];
  for (const { from, to, packet } of datagrams) {
    if (from === there && received > 0) break;
    if (from === there) received += packet.length;
    if (from === serverAddress && to.port === there.port) sent += packet.length;
    highest = Math.max(highest, received > 0 ? sent / received : 0);
  }
  return highest;
}

async function pairsOf<T>(count: number, make: () => Promise<Move<T>>): Promise<Move<T>[]> {
  const pairs: Move<T>[] = [];
  for (let i = 0; i < count; i++) pairs.push(await make());
  return pairs;
}

/** Moves all of them after a silence, spread over a quarter of it, because quiche's probes come at doubling intervals. */
const moveAll = <T>(pairs: readonly Move<T>[], silentMs: number): Promise<T[]> =>
  Promise.all(
    pairs.map(async (move, i) => {
      await pause(3 * i);
      return move(silentMs + (i * silentMs) / pairs.length / 4);
    }),
  );

/** @returns for each silence how many of the moves took so many round trips */
async function tallies<T>(
  pairs: readonly Move<T>[],
  tripsOf: (arrival: T) => number,
): Promise<Record<string, number>[]> {
  const counts: Record<string, number>[] = [];
  for (const silentMs of silences) {
    await pause(settledMs);
    const tally: Record<string, number> = {};
    for (const trips of (await moveAll(pairs, silentMs)).map(tripsOf)) tally[trips] = (tally[trips] ?? 0) + 1;
    counts.push(tally);
  }
  return counts;
}

const twoTrips = (count: number): Record<string, number>[] => silences.map(() => ({ 2: count }));

it('a client whose NAT moves it has the first message within two round trips, each time, after 0.5, 2 and 5 s of silence', async () => {
  const factors: number[] = [];
  const groups = [];
  for (const [count, oneWayMs, messages] of [
    [moves, 10, many],
    [moves / 2, 1, many],
    [10, 10, few],
    [10, 1, few],
  ] as const) {
    groups.push({ count, pairs: await pairsOf(count, () => pair(oneWayMs, messages)) });
  }
  const seen = groups.map(({ pairs }) =>
    tallies(pairs, ({ trips, factor }) => {
      factors.push(factor);
      return trips;
    }),
  );
  expect(await Promise.all(seen)).toEqual(groups.map(({ count }) => twoTrips(count)));
  expect(Math.max(...factors)).toBeLessThanOrEqual(3);
}, 240_000);

it("between quiche's first probe and its second, when none can be kept, a third round trip is all it takes", async () => {
  const pairs = await pairsOf(20, () => pair(50, many, (_, silentMs) => pause(silentMs)));
  await pause(250);
  const arrivals = await moveAll(pairs, 400);
  expect(Math.max(...arrivals.map(({ trips }) => trips))).toBeLessThanOrEqual(3);
  expect(Math.max(...arrivals.map(({ factor }) => factor))).toBeLessThanOrEqual(3);
}, 240_000);

describe('between real sockets, behind a NAT 20 ms away', () => {
  it('the first message is there within two round trips, each time, after half a second of silence, two and five', async () => {
    const transport = quicTransport({ keepAliveMs: 0 });
    const accepted: Connection[] = [];
    const tls = { cert: certificates.cert, key: certificates.key };
    const listener = await transport.listen({ port: 0, tls }, (connection) => {
      accepted.push(connection);
      connection.duplex.on('error', () => {});
      connection.duplex.on('data', (bytes: Buffer) => connection.duplex.write(bytes));
    });
    undo.push(
      () => transport.close(),
      () => listener.close(),
    );
    const dialled = async (): Promise<Move<number>> => {
      const relay = await UdpRelay.start(listener.address.port, 20);
      undo.push(() => relay.close());
      const client = await transport.dial({ host: '127.0.0.1', port: relay.port, tls: { ca: certificates.ca } });
      client.duplex.on('error', () => {});
      for (let i = 0; i < 3; i++) await exchange(client, randomBytes(100));
      const server = accepted.at(-1) as QuicConnection;
      return async (silentMs) => {
        await relay.rebind();
        for (let i = 0; i < many; i++) server.duplex.write(randomBytes(messageBytes));
        await silence(server, silentMs);
        let trips = 0;
        const all = receive(client.duplex, many, () => {
          trips = relay.trips;
        });
        relay.startTrips();
        client.quiche.sendAckEliciting();
        client.wake();
        await all;
        return trips;
      };
    };
    expect(await tallies(await pairsOf(moves, dialled), (trips) => trips)).toEqual(twoTrips(moves));
  }, 240_000);
});

it('a client that moves on purpose takes its connection along when its own window is full of packets for the dead path', async () => {
  const lab = await Lab.start({}, { keepAliveMs: 0 });
  undo.push(() => lab.end());
  const { client } = await lab.echoPair();
  const there = { host: clientAddress.host, port: 41_000 };
  lab.wire.fate = (_packet, from) => ({ copies: from === there ? 1 : from === serverAddress ? 1 : 0, delayMs: 1 });
  const bytes = randomBytes(40_000);
  const echoed = exchange(client, bytes);
  await pause(1500);
  const next = await lab.another(there);
  const started = performance.now();
  await migrate(client, lab.client, next, there);
  expect(performance.now() - started).toBeLessThan(150);
  expect((await echoed).equals(bytes)).toBe(true);
  next.close();
}, 20_000);
