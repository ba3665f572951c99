import { randomBytes } from 'node:crypto';
import { describe, expect, it, type onTestFinished } from 'vitest';
import type { Connection } from '../../src/transport/contract.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import { migrate } from '../../src/transport/quic/connection/migration.js';
import { quicTransport } from '../../src/transport/quic/transport.js';
import { UdpRelay } from '../broker/udp-relay.js';
import { labPair, move, type Pair, pairsOf, probed } from './moving.js';
import { certificates, clientAddress, exchange, Lab, pause, serverAddress } from './wire.js';

const moves = 40;
/** Before each of three moves in a row. */
const silences = [500, 2000, 5000];
/** Much more than the congestion window, so that a PING has to wait behind it. */
const many = 40;
/** So few that the window has room. */
const few = 2;

/**
 * Moves all of them after a silence, spread over a quarter of it, because quiche's probes come at doubling intervals. Where a busy
 * machine makes the round trip seem many times as long as it is, half a second may lie before quiche's second probe, which is
 * another test's business: then the silence is longer.
 * @param probes that the server has sent in each silence
 */
function moveAll(pairs: readonly Pair[], messages: number, silentMs: number, probes = 2): Promise<number[]> {
  const waits = async (server: QuicConnection, i: number): Promise<void> => {
    await pause(silentMs + (i * silentMs) / pairs.length / 4);
    await probed(server, probes);
  };
  const moved = pairs.map(async (pair, i) => {
    await pause(3 * i);
    const name = `client ${i} of ${pairs.length} after ${silentMs} ms`;
    return move(pair, { name, messages, silence: (server) => waits(server, i) });
  });
  return Promise.all(moved);
}

/** @returns for each silence how many of the moves took so many round trips */
async function tallies(pairs: readonly Pair[], messages: number, after = (): void => {}): Promise<Tally[]> {
  const counts: Tally[] = [];
  for (const silentMs of silences) {
    const tally: Tally = {};
    for (const trips of await moveAll(pairs, messages, silentMs)) tally[trips] = (tally[trips] ?? 0) + 1;
    counts.push(tally);
    after();
  }
  return counts;
}

type Tally = Record<string, number>;
const twoTrips = (count: number): Tally[] => silences.map(() => ({ 2: count }));

/** Pairs between real sockets, each behind a NAT of its own that is so far away. */
async function socketPairs(count: number, oneWayMs: number, onFinished: typeof onTestFinished): Promise<Pair[]> {
  // In one socket of all clients the kernel would drop what comes for them at once when the process has been held up.
  const transport = quicTransport({ keepAliveMs: 0, ownSocket: true });
  onFinished(() => transport.close());
  const accepted = new Map<number, Connection>();
  const tls = { cert: certificates.cert, key: certificates.key };
  const listener = await transport.listen({ port: 0, tls }, (connection) => {
    accepted.set(connection.peerAddress.port, connection);
    connection.duplex.on('error', () => {});
    connection.duplex.on('data', (bytes: Buffer) => connection.duplex.write(bytes));
  });
  onFinished(() => listener.close());
  return pairsOf(count, async () => {
    const nat = await UdpRelay.start(listener.address.port, oneWayMs);
    onFinished(() => nat.close());
    const client = await transport.dial({ host: '127.0.0.1', port: nat.port, tls: { ca: certificates.ca } });
    client.duplex.on('error', () => {});
    await exchange(client, randomBytes(100)); // until then the server shows nobody
    return { client, server: accepted.get(nat.outerPort) as QuicConnection, nat, roundTripMs: oneWayMs };
  });
}

// They wait most of the time, so they wait for the same seconds. What is counted is who heard whom, not when.
describe.concurrent('the first message after a NAT has moved the client', { timeout: 240_000 }, () => {
  it.for([
    [moves, many, [10]],
    [moves / 2, many, [1]],
    [moves / 2, few, [10, 1]],
  ] as const)(
    'is there within two round trips, each time, after 0.5, 2 and 5 s of silence: %i clients, %i messages, one way %j ms',
    async ([count, messages, oneWayMs], { onTestFinished: onFinished }) => {
      const pairs = await pairsOf(count, (i) => labPair(oneWayMs[i % oneWayMs.length] as number, onFinished));
      const factors: number[] = [];
      const seen = await tallies(pairs, messages, () => factors.push(...pairs.map(({ nat }) => nat.factor)));
      expect(seen).toEqual(twoTrips(count));
      expect(Math.max(...factors)).toBeLessThanOrEqual(3);
    },
  );

  it("takes a third when quiche's second probe has not come yet, so that none can be kept", async ({
    onTestFinished: onFinished,
  }) => {
    const pairs = await pairsOf(20, () => labPair(50, onFinished));
    const trips = await moveAll(pairs, many, 400, 0);
    expect(Math.max(...trips)).toBeLessThanOrEqual(3);
    expect(Math.max(...pairs.map(({ nat }) => nat.factor))).toBeLessThanOrEqual(3);
  });

  it('is there within two round trips between real sockets, too: 40 clients behind a NAT 20 ms away', async ({
    onTestFinished: onFinished,
  }) => {
    const pairs = await socketPairs(moves, 20, onFinished);
    expect(await tallies(pairs, many)).toEqual(twoTrips(moves));
  });
});

it('a client that moves on purpose takes its connection along when its own window is full of packets for the dead path', async ({
  onTestFinished,
}) => {
  const lab = await Lab.start({}, { keepAliveMs: 0 });
  onTestFinished(() => lab.end());
  const { client } = await lab.echoPair();
  const there = { host: clientAddress.host, port: 41_000 };
  lab.wire.fate = (_packet, from) => ({ copies: from === there ? 1 : from === serverAddress ? 1 : 0, delayMs: 1 });
  const bytes = randomBytes(40_000);
  const echoed = exchange(client, bytes);
  await pause(1500);
  const next = await lab.another(there);
  const started = performance.now();
  await migrate(client, next, there);
  expect(performance.now() - started).toBeLessThan(150);
  expect((await echoed).equals(bytes)).toBe(true);
  next.close();
}, 20_000);
