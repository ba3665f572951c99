import { randomBytes } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import { delivered, exchange, Lab, lost, pause } from './wire.js';

const labs: Lab[] = [];
afterEach(() => {
  for (const lab of labs.splice(0)) lab.end();
});

const blackoutMs = 5000;
const attemptMs = 1000;

/** A client with 60 KB on their way when the path goes dark. */
async function stalled(silenceMs: number): Promise<{ lab: Lab; echoed: Promise<Buffer>; ticket: Uint8Array }> {
  const lab = await Lab.start({}, { silenceMs, earlyData: true });
  labs.push(lab);
  const { client } = await lab.echoPair();
  await pause(100);
  const ticket = client.quiche.session() as Uint8Array;
  lab.wire.fate = () => lost;
  const echoed = exchange(client, randomBytes(60_000));
  echoed.catch(() => {}); // the one that gives up loses this connection
  return { lab, echoed, ticket };
}

/** Dials with 0-RTT again and again until an answer comes. */
async function dialAgain(lab: Lab, ticket: Uint8Array): Promise<QuicConnection> {
  for (;;) {
    const connection = await lab.dial((quiche) => quiche.setSession(ticket));
    const answered = exchange(connection, Buffer.from('back')).then(
      () => true,
      () => false,
    );
    if (await Promise.race([answered, pause(attemptMs).then(() => false)])) return connection;
    connection.abort();
  }
}

it('a client that gives up a silent connection is back with its next attempt after a blackout; one that waits comes back too', async () => {
  const waiting = await stalled(0);
  const leaving = await stalled(1000);
  // Every connection of the second server echoes, the new ones too.
  leaving.lab.onAccept = (connection) => connection.duplex.pipe(connection.duplex);
  const healed = performance.now() + blackoutMs;
  const back = { waited: Number.NaN, left: Number.NaN };
  const waited = waiting.echoed.then(() => {
    back.waited = performance.now() - healed;
  });
  const left = pause(1000)
    .then(() => dialAgain(leaving.lab, leaving.ticket))
    .then(() => {
      back.left = performance.now() - healed;
    });
  await pause(blackoutMs);
  for (const { lab } of [waiting, leaving]) lab.wire.fate = () => delivered;
  await Promise.all([waited, left]);
  expect(back.left).toBeGreaterThan(0);
  expect(back.left).toBeLessThan(attemptMs + 500); // the next attempt goes through
  expect(Number.isNaN(back.waited)).toBe(false); // waiting gets there too: 0.3 to 3.6 s, as far as quiche's timer has doubled
}, 40_000);
