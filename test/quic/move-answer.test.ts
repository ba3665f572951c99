import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { migrate } from '../../src/transport/quic/connection/migration.js';
import { clientAddress, exchange, Lab, pause, serverAddress, until } from './wire.js';

const labs: Lab[] = [];
afterEach(() => {
  for (const lab of labs.splice(0)) lab.end();
});

const moves = 40;
const messageBytes = 1000;
/** Much more than the first congestion window, so that a PING has to wait behind it. */
const messages = 40;
const elsewhere = { host: '203.0.113.5', port: 50_000 };

interface Arrival {
  /** Datagrams of the server's first answer. An acknowledgement alone is one, and is not acknowledged. */
  readonly answered: number;
  /** Datagrams of the client up to the first whole message: one less is the round trips it took. */
  readonly asked: number;
  /** UDP payload to the new address by the bytes from there, at its highest before the client had answered. */
  readonly factor: number;
}

/** @returns lets a NAT give the client another port, the server write into the void, and after a silence the client say something */
async function pair(oneWayMs: number): Promise<(silentMs: number) => Promise<Arrival>> {
  const lab = await Lab.start({}, { keepAliveMs: 0 });
  labs.push(lab);
  lab.wire.fate = () => ({ copies: 1, delayMs: oneWayMs });
  const { client, server } = await lab.echoPair();
  for (let i = 0; i < 3; i++) await exchange(client, randomBytes(100)); // now both know the round trip
  return async (silentMs) => {
    lab.wire.move(lab.clientIo, elsewhere);
    for (let i = 0; i < messages; i++) server.duplex.write(randomBytes(messageBytes));
    await pause(silentMs);
    let got = 0;
    let asked = 0;
    const before = lab.wire.sent.length;
    client.duplex.on('data', (bytes: Buffer) => {
      got += bytes.length;
      if (asked > 0 || got < messageBytes) return;
      asked = lab.wire.sent.slice(before).filter(({ from }) => from === elsewhere).length;
    });
    // What leaves for the new address before anything else can happen is the first answer.
    let answered = 0;
    let turns = 0;
    lab.wire.fate = (_packet, from, to) => {
      if (from === serverAddress && to.port === elsewhere.port) {
        if (turns === 0) setImmediate(() => turns++);
        if (turns === 0) answered++;
      }
      return { copies: 1, delayMs: oneWayMs };
    };
    client.quiche.sendAckEliciting();
    client.wake();
    await until(() => got === messages * messageBytes, 20_000);
    return { answered, asked, factor: highestFactor(lab.wire.sent.slice(before)) };
  };
}

/** Until the client's second datagram, which proves that it is where it seems to be. */
function highestFactor(datagrams: Lab['wire']['sent']): number {
  let [received, sent, highest] = [0, 0, 0];
  for (const { from, to, packet } of datagrams) {
    if (from === elsewhere && received > 0) break;
    if (from === elsewhere) received += packet.length;
    if (from === serverAddress && to.port === elsewhere.port) sent += packet.length;
    highest = Math.max(highest, received > 0 ? sent / received : 0);
  }
  return highest;
}

describe.each([1, 10])('a client whose NAT moved it, %i ms one way', (oneWayMs) => {
  it.each([500, 2000, 5000])(
    'has the first message within two round trips after %i ms of silence, each time',
    async (silentMs) => {
      const pairs = [];
      for (let i = 0; i < moves; i++) pairs.push(await pair(oneWayMs));
      await pause(4 * oneWayMs + 50);
      // Spread, because quiche's probes come at doubling intervals.
      const arrivals = await Promise.all(pairs.map((move, i) => move(silentMs + (i * silentMs) / moves / 4)));
      expect(arrivals.filter(({ answered }) => answered < 2)).toEqual([]);
      // Where the last probe is younger than a round trip it may still arrive, and another round trip is needed.
      const late = arrivals.filter(({ asked }) => asked > 2);
      expect(late.length).toBeLessThan(moves / 4);
      expect(Math.max(...arrivals.map(({ factor }) => factor))).toBeLessThanOrEqual(3);
    },
    40_000,
  );
});

it('a client that moves on purpose takes its connection along when its own window is full of packets for the dead path', async () => {
  const lab = await Lab.start({}, { keepAliveMs: 0 });
  labs.push(lab);
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
