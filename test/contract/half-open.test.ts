import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Connection, Listener, TransportName } from '../../src/transport/contract.js';
import { transportFor } from '../../src/transport/registry.js';
import { throwAwayCertificates } from '../../src/transport/tls/certs.js';

const allowedMs = 300;
/** A ClientHello that stops after its first bytes: record header of 512 bytes, and some of them. */
const halfHello = Buffer.concat([Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]), Buffer.alloc(32)]);
const halfUpgrade = 'GET /mqtt HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n';

/** Cut, be it by an end or, where bytes crossed with it, by a reset: once() would take the reset for a failure. */
async function cut(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()));
}

describe('handshakes that are not finished', () => {
  const sockets: Socket[] = [];
  let listener: Listener;
  let accepted: Connection[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const connection of accepted) connection.abort();
    accepted = [];
    await listener?.close();
  });

  async function listen(name: TransportName): Promise<number> {
    const tls = await throwAwayCertificates([]);
    const options = { port: 0, tls, handshakeTimeoutMs: allowedMs };
    listener = await transportFor(name).listen(options, (connection) => accepted.push(connection));
    return listener.address.port;
  }

  async function begin(port: number, bytes: Buffer | string): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {}).resume();
    await once(socket, 'connect');
    if (bytes.length > 0) socket.write(bytes);
    return socket;
  }

  it.each([
    ['tls', 'nothing', ''],
    ['tls', 'half a ClientHello', halfHello],
    ['ws', 'nothing', ''],
    ['ws', 'half an upgrade', halfUpgrade],
    ['wss', 'nothing', ''],
    ['wss', 'half a ClientHello', halfHello],
  ] as const)('of %s are cut after their time: %s', async (name, _, bytes) => {
    const port = await listen(name);
    const many = await Promise.all(Array.from({ length: 20 }, () => begin(port, bytes)));
    const began = performance.now();
    await Promise.all(many.map(cut));
    expect(performance.now() - began).toBeLessThan(allowedMs + 2000);
    expect(listener.counters()).toMatchObject({ handshakesTimedOut: 20, accepted: 0 });
    await expect.poll(() => listener.counters().handshaking).toBe(0);
  });

  it('of wss are cut when TLS is up and the upgrade is not, however slowly it goes on', async () => {
    const port = await listen('wss');
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    sockets.push(socket);
    socket.on('error', () => {}).resume();
    await once(socket, 'secureConnect');
    const timer = setInterval(() => socket.write('X'), 50);
    socket.write(halfUpgrade);
    await cut(socket);
    clearInterval(timer);
    expect(listener.counters()).toMatchObject({ accepted: 0 });
  });

  it.each(['tcp', 'tls', 'ws', 'wss'] as const)('are no business of %s connections that are up', async (name) => {
    const port = await listen(name);
    const connection = await transportFor(name).dial({ host: '127.0.0.1', port, tls: { verify: false } });
    connection.duplex.on('error', () => {});
    await new Promise((resolve) => setTimeout(resolve, allowedMs * 2));
    expect(connection.duplex.destroyed).toBe(false);
    expect(listener.counters()).toMatchObject({ handshaking: 0, handshakesTimedOut: 0, accepted: 1 });
    connection.abort();
  });

  it.each([
    [['chat'], false],
    [['MQTT'], false],
    [['chat', 'mqtt'], true],
    [['mqttv3.1'], true],
    [[], true],
  ] as const)('a WebSocket that offers the subprotocols %j is taken: %s', async (offered, taken) => {
    const port = await listen('ws');
    const client = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, [...offered]);
    const outcome = await new Promise((resolve) => {
      client.once('open', () => resolve(true));
      client.once('error', (error) => resolve(error.message));
    });
    client.on('error', () => {}).terminate();
    expect(outcome).toEqual(taken ? true : expect.stringContaining('400'));
  });
});
