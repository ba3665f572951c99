import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BrokerStream, connect } from '../../src/index.js';
import { closeOf, pattern, readAll, readExactly, until } from '../contract/suite-fixture.js';

describe('the duplex of connect', () => {
  let server: Server;
  let peers: Socket[];
  let streams: BrokerStream[];

  beforeEach(async () => {
    peers = [];
    streams = [];
    server = createServer({ allowHalfOpen: true }, (socket) => peers.push(socket.on('error', () => {})));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    for (const stream of streams) stream.destroy();
    for (const peer of peers) peer.destroy();
    server.close();
  });

  function open(): BrokerStream {
    const { port } = server.address() as { port: number };
    const stream = connect(`mqtt://127.0.0.1:${port}`);
    stream.on('error', () => {});
    streams.push(stream);
    return stream;
  }

  async function peer(): Promise<Socket> {
    await until('the server has it', () => peers.length > 0);
    return peers[0] as Socket;
  }

  it('keeps what is written before it is connected, in order', async () => {
    const stream = open();
    for (const text of ['a', 'b', 'c']) stream.write(text);
    expect(stream.connection).toBeUndefined();
    expect((await readExactly(await peer(), 3)).toString()).toBe('abc');
    expect((await stream.ready).transport).toBe('tcp');
  });

  it('delivers everything that was written before end, also when that was before it was connected', async () => {
    const stream = open();
    const bytes = pattern(3_000_001);
    stream.end(bytes);
    const socket = await peer();
    expect((await readAll(socket)).equals(bytes)).toBe(true);
    const closed = closeOf(stream);
    socket.end();
    expect(await closed).toEqual({ errors: [], closes: 1, order: 'close' });
  });

  it('passes back-pressure on in both directions', async () => {
    const stream = open();
    const socket = await peer();
    await stream.ready;
    const chunk = pattern(256 * 1024);
    socket.pause();
    let written = 0;
    let blockedSince = 0;
    const writing = (async () => {
      for (let i = 0; i < 200; i++) {
        written += chunk.length;
        if (stream.write(chunk)) continue;
        blockedSince = performance.now();
        await once(stream, 'drain');
        blockedSince = 0;
      }
    })();
    await until('the writer is blocked', () => blockedSince > 0 && performance.now() - blockedSince > 300);
    expect(written).toBeLessThan((200 * chunk.length) / 2);
    const received = readExactly(socket, 200 * chunk.length);
    await writing;
    expect((await received).length).toBe(200 * chunk.length);

    let sent = 0;
    for (let i = 0; i < 200; i++) {
      socket.write(chunk);
      sent += chunk.length;
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(socket.writableLength).toBeGreaterThan(sent / 4); // nobody reads, so most of it has not left
    expect((await readExactly(stream, sent)).length).toBe(sent);
  });

  it('ends with the error of the connection, once', async () => {
    const stream = open();
    const socket = await peer();
    await stream.ready;
    const closed = closeOf(stream);
    socket.resetAndDestroy();
    const { errors, closes } = await closed;
    expect(closes).toBe(1);
    expect(errors).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  it('ends without an error when the peer finishes', async () => {
    const stream = open();
    const socket = await peer();
    await stream.ready;
    const closed = closeOf(stream);
    socket.end('bye');
    socket.resume();
    expect(await closed).toEqual({ errors: [], closes: 1, order: 'close' });
  });

  it('cuts the connection when it is destroyed', async () => {
    const stream = open();
    const socket = await peer();
    await stream.ready;
    const gone = new Promise((resolve) => socket.once('close', resolve));
    stream.destroy();
    await gone;
    expect(stream.connection?.duplex.destroyed).toBe(true);
  });
});
