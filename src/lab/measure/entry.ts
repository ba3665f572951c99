import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { nowMicros } from '../../base/clock.js';
import { serveRole } from '../../base/process/role.js';
import type { Calibration } from '../contract.js';

// Numbered datagrams there and back: what the link really does, measured from outside the emulator.

type MeasureOptions = Record<'port' | 'packets' | 'intervalMicros', number> & { readonly host: string };

const payloadBytes = 64;
/** After the last datagram: long enough for any path that anyone calls a network. */
const longestWaitMicros = 3e6;

async function bound(host: string): Promise<Socket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('error', () => {}); // "unreachable" while the link is dark is a lost datagram, no more
  socket.bind(0, host);
  await once(socket, 'listening');
  return socket;
}

async function listen(host: string): Promise<number> {
  const socket = await bound(host);
  socket.on('message', (message, from) => socket.send(message, from.port, from.address));
  return socket.address().port;
}

async function measure({ host, port, packets, intervalMicros }: MeasureOptions): Promise<Calibration> {
  const socket = await bound(host.includes(':') ? '::' : '0.0.0.0');
  const sent = new Float64Array(packets);
  const rtts: number[] = [];
  const seen = new Set<number>();
  let highest = -1;
  let reordered = 0;
  socket.on('message', (message) => {
    const number = message.readUInt32BE(0);
    if (number >= packets || seen.has(number)) return;
    seen.add(number);
    rtts.push(nowMicros() - sent[number]!);
    if (number < highest) reordered++;
    highest = Math.max(highest, number);
  });
  const start = nowMicros();
  for (let i = 0; i < packets; i++) {
    const wait = start + i * intervalMicros - nowMicros();
    if (wait > 0) await sleep(wait / 1000);
    const message = Buffer.alloc(payloadBytes);
    message.writeUInt32BE(i, 0);
    sent[i] = nowMicros();
    socket.send(message, port, host);
  }
  const end = nowMicros() + longestWaitMicros;
  let quietSince = nowMicros();
  for (let count = seen.size; seen.size < packets && nowMicros() < end; ) {
    await sleep(5);
    if (seen.size !== count) {
      count = seen.size;
      quietSince = nowMicros();
    }
    // Nothing for four round trips (at least 0.3 s): what is still missing is lost.
    if (nowMicros() - quietSince > Math.max(0.3e6, 4 * percentile(rtts, 0.95))) break;
  }
  socket.close();
  return {
    packets,
    lost: packets - seen.size,
    rttP50Micros: Math.round(percentile(rtts, 0.5)),
    rttP95Micros: Math.round(percentile(rtts, 0.95)),
    reordered,
  };
}

/** Nearest-rank percentile; 0 of nothing. */
function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
}

let poured: Promise<{ bytes: number; spanMicros: number }> | undefined;

/** Takes one TCP connection and counts what it brings. */
async function sink(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  poured = new Promise((resolve) => {
    server.once('connection', (socket) => {
      const start = nowMicros();
      let last = start;
      socket
        .on('error', () => {})
        .on('data', () => {
          last = nowMicros();
        });
      socket.on('close', () => resolve({ bytes: socket.bytesRead, spanMicros: last - start }));
      server.close();
    });
  });
  return (server.address() as { port: number }).port;
}

async function pour(options: { host: string; port: number; millis: number }): Promise<void> {
  const socket = connect(options.port, options.host);
  socket.on('error', () => {});
  await once(socket, 'connect');
  const chunk = Buffer.alloc(16_384);
  const end = nowMicros() + options.millis * 1000;
  while (nowMicros() < end) if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), sleep(50)]);
  socket.resetAndDestroy(); // what is still queued is not waited for
}

serveRole({ listen, measure, sink, sunk: () => poured, pour });
