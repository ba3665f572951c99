import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import type { QuicStream } from '../../src/transport/quic/connection/streams/stream.js';
import { urgencyOf } from '../../src/transport/quic/connection/streams/streams.js';
import { bounded } from './bounded.js';
import { exchange, Lab, pause, until } from './wire.js';

let lab: Lab;
afterEach(() => lab.end());

/** A pair whose server echoes every data stream, and what it was offered. */
async function pair(): Promise<{ client: QuicConnection; server: QuicConnection; offered: QuicStream[] }> {
  const { client, server } = await lab.echoPair();
  const offered: QuicStream[] = [];
  server.streams.onStream((stream) => {
    offered.push(stream);
    stream.pipe(stream);
  });
  return { client, server, offered };
}

const answer = (stream: QuicStream): Promise<string> =>
  bounded(
    new Promise((resolve) => stream.once('data', (bytes) => resolve(String(bytes)))),
    () => `nothing has come on stream ${stream.id}`,
  );

describe('data streams', () => {
  it('are client-initiated bidirectional streams 4, 8, 12 … beside the control stream', async () => {
    lab = await Lab.start();
    const { client, offered } = await pair();
    const streams = [client.streams.open(), client.streams.open(60_000), client.streams.open(0)];
    for (const [i, stream] of streams.entries()) stream.write(`stream ${i}`);
    expect(await Promise.all(streams.map(answer))).toEqual(['stream 0', 'stream 1', 'stream 2']);
    expect(offered.map(({ id }) => id).sort((a, b) => a - b)).toEqual([4, 8, 12]);
    expect((await exchange(client, Buffer.from('control'))).toString()).toBe('control');
  });

  it('that were opened before anybody asked for streams are offered then', async () => {
    lab = await Lab.start();
    const { client, server } = await lab.echoPair();
    const stream = client.streams.open();
    stream.write('early bird');
    await pause(50);
    const offered = await new Promise<QuicStream>((resolve) => server.streams.onStream(resolve));
    expect(await answer(offered)).toBe('early bird');
  });

  it('are bounded by what the server grants', async () => {
    lab = await Lab.start({ maxStreams: 3 });
    const { client } = await pair();
    client.streams.open();
    client.streams.open();
    expect(() => client.streams.open()).toThrowError(expect.objectContaining({ code: 'MQB_QUIC_STREAMS' }));
  });

  it('are never opened by a server', async () => {
    lab = await Lab.start();
    const { server } = await pair();
    expect(() => server.streams.open()).toThrowError(expect.objectContaining({ code: 'MQB_QUIC_STREAMS' }));
  });

  it('end alone: FIN is answered by FIN, and the connection lives', async () => {
    lab = await Lab.start();
    const { client, server } = await pair();
    const stream = client.streams.open();
    stream.resume();
    stream.end('last words');
    await until(() => stream.destroyed && client.streams.dataStreams === 0 && server.streams.dataStreams === 0);
    expect((await exchange(client, Buffer.from('alive'))).toString()).toBe('alive');
  });

  it('end alone: an abandoned one is reset at the peer too', async () => {
    lab = await Lab.start();
    const { client, server, offered } = await pair();
    const stream = client.streams.open();
    stream.write('half a packet');
    await until(() => offered.length === 1);
    const closed = new Promise<void>((resolve) => offered[0]?.once('close', () => resolve()));
    stream.destroy();
    await closed;
    expect(server.streams.dataStreams).toBe(0);
    expect((await exchange(client, Buffer.from('alive'))).toString()).toBe('alive');
  });

  it('do not wait for one that nobody reads', async () => {
    lab = await Lab.start();
    const { client, server } = await lab.echoPair();
    server.streams.onStream((stream) => {
      if (stream.id !== 4) stream.pipe(stream); // stream 4 is never read
    });
    const stuck = client.streams.open();
    stuck.write(randomBytes(2_000_000));
    const free = client.streams.open();
    free.write('past it');
    expect(await answer(free)).toBe('past it');
    expect((await exchange(client, Buffer.from('control too'))).toString()).toBe('control too');
    expect(stuck.writableNeedDrain).toBe(true);
  });

  it('map priorities of emqtt-bench to urgency, where less is sent first', () => {
    expect([0, 0x7fff, 0xffff].map(urgencyOf)).toEqual([255, 128, 0]);
    lab = { end: () => {} } as Lab;
  });
});

describe('QUIC datagrams', () => {
  it('go both ways when both ends have them on', async () => {
    lab = await Lab.start({ datagrams: true }, { datagrams: true });
    const { client, server } = await lab.echoPair();
    const heard: string[] = [];
    server.datagrams?.onMessage((bytes) => {
      heard.push(bytes.toString());
      server.datagrams?.send(bytes);
    });
    client.datagrams?.onMessage((bytes) => heard.push(`back ${bytes}`));
    expect(client.datagrams?.send(Buffer.from('fire and forget'))).toBe(true);
    await until(() => heard.length === 2);
    expect(heard).toEqual(['fire and forget', 'back fire and forget']);
  });

  it('are refused with a reason when they do not fit or the peer takes none', async () => {
    lab = await Lab.start({}, { datagrams: true });
    const { client, server } = await lab.echoPair();
    expect(server.datagrams).toBeUndefined();
    const refused = expect.objectContaining({ code: 'MQB_QUIC_DATAGRAM' });
    expect(() => client.datagrams?.send(Buffer.from('x'))).toThrowError(refused);
    lab.end();
    lab = await Lab.start({ datagrams: true }, { datagrams: true });
    const both = await lab.echoPair();
    expect(() => both.client.datagrams?.send(Buffer.alloc(1400))).toThrowError(refused);
  });
});

describe('held acknowledgements', () => {
  it('leave with the next data, so that request and answer cost two packets instead of three', async () => {
    const packets = async (holdAcksMs: number): Promise<number> => {
      lab = await Lab.start({}, { ackDelayMs: 80, holdAcksMs });
      const { client } = await lab.echoPair();
      await pause(100);
      const before = client.stats().packetsSent ?? 0;
      for (let i = 0; i < 20; i++) {
        await exchange(client, Buffer.from('ping'));
        await pause(5);
      }
      const sent = (client.stats().packetsSent ?? 0) - before;
      lab.end();
      return sent;
    };
    expect(await packets(0)).toBeGreaterThanOrEqual(35); // 20 requests and as many bare ACKs
    expect(await packets(75)).toBeLessThanOrEqual(28);
  });
});
