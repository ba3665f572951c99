import { createSocket, type Socket } from 'node:dgram';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Address, Connection, Listener } from '../../src/transport/contract.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import { type QuicTransport, quicTransport } from '../../src/transport/quic/transport.js';
import { batchCalls } from '../../src/transport/quic/udp/batch-calls.js';
import { PeerSocket } from '../../src/transport/quic/udp/peer-socket.js';
import { isDirect } from '../../src/transport/quic/udp/segmentation.js';
import { bounded } from './bounded.js';
import { certificates, until } from './wire.js';

/** Datagrams of one small publish each; a socket with Linux' usual buffer holds 166. */
const [clients, messageBytes, answerBytes] = [400, 300, 4];
const dialsAtOnce = 20;
/** net.core.rmem_default of Linux. */
const usualBuffer = 212_992;

let transport: QuicTransport;
let listener: Listener;
beforeEach(() => {
  transport = quicTransport();
});
afterEach(async () => {
  await transport.close();
  await listener?.close();
});

/** A server whose socket has the buffer of one that nobody has told anything, and which answers each message. */
async function listen(): Promise<void> {
  const answer = Buffer.alloc(answerBytes);
  const options = { host: '127.0.0.1', port: 0, tls: certificates, quic: { io: 'batch' as const } }; // no trains: they fill less
  listener = await transport.listen(options, ({ duplex }: Connection) => {
    let bytes = 0;
    duplex.on('error', () => {});
    duplex.on('data', (data: Buffer) => {
      for (bytes += data.length; bytes >= messageBytes; bytes -= messageBytes) duplex.write(answer);
    });
  });
  const { fd } = (listener as unknown as { endpoint: { io: { fd: number } } }).endpoint.io;
  batchCalls()?.setBuffers(fd, usualBuffer / 2); // the kernel doubles what it is told
  expect(batchCalls()?.receiveBuffer(fd)).toBe(usualBuffer);
}

async function dialAll(bursts: 'bounded' | 'free'): Promise<QuicConnection[]> {
  const { host, port } = listener.address;
  const dialled: QuicConnection[] = [];
  while (dialled.length < clients) {
    const some = Array.from({ length: dialsAtOnce }, () =>
      transport.dial({ host, port, tls: { ca: certificates.ca }, quic: { bursts } }),
    );
    dialled.push(...(await bounded(Promise.all(some), () => `${dialled.length} have dialled`)));
  }
  return dialled;
}

const drops = (): number => listener.counters().receiveDrops ?? Number.NaN;

/** All of them write in one turn of the event loop. @returns datagrams that the kernel dropped meanwhile, when all are answered */
async function burst(connections: readonly QuicConnection[], bytes = messageBytes): Promise<number> {
  const before = drops();
  const due = (bytes / messageBytes) * answerBytes;
  let answered = 0;
  for (const { duplex } of connections) {
    let got = 0;
    duplex.removeAllListeners('data');
    duplex.on('data', (data: Buffer) => {
      got += data.length;
      if (got === due) answered++;
    });
    duplex.write(Buffer.alloc(bytes));
  }
  await until(() => answered === connections.length, 20_000);
  return drops() - before;
}

const reason =
  batchCalls() === null || !isDirect('127.0.0.1') ? 'where the loopback device is known to hold nothing' : undefined;

it.skipIf(reason)('publishes that fall due together fill no more of a socket than it holds', async () => {
  await listen();
  const connections = await dialAll('bounded');
  for (let i = 0; i < 3; i++) expect(await burst(connections)).toBe(0);
  // Longer ones, of several datagrams each.
  expect(await burst(connections.slice(0, 100), 20 * messageBytes)).toBe(0);
});

it.skipIf(reason)('without that the same publishes are dropped by the kernel, and sent again', async () => {
  await listen();
  expect(await burst(await dialAll('free'))).toBeGreaterThan(100);
});

it.skipIf(reason)(
  'the kernel tells how full the socket of a peer is, and nothing of one that is not there',
  async () => {
    const [from, to] = await Promise.all([bound(), bound()]);
    const [here, there] = [from.address(), to.address()].map(({ address, port }) => ({ host: address, port })) as [
      Address,
      Address,
    ];
    const socket = new PeerSocket(here, there);
    const before = socket.free();
    expect(before).toBe(to.getRecvBufferSize());
    // A datagram sent in this turn is not read in it.
    from.send(Buffer.alloc(300), there.port, there.host);
    expect(socket.free()).toBe(before); // it leaves in the next tick
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(socket.free()).toBeLessThan(before as number);
    to.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(socket.free()).toBeUndefined();
    from.close();
  },
);

/** A socket of Node's own. */
async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}
