import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import type { QuicConnection } from '../../src/transport/quic/connection/connection.js';
import { quicTransport } from '../../src/transport/quic/transport.js';
import { failureOf } from './bounded.js';
import { Talker } from './talker.js';
import { exchange, Lab, serverAddress, until } from './wire.js';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function pair(): Promise<{ lab: Lab; client: QuicConnection; server: QuicConnection }> {
  const lab = await Lab.start({}, { keepAliveMs: 0 });
  undo.push(() => lab.end());
  return { lab, ...(await lab.echoPair()) };
}

/** Frames that give a stream up: which direction of quiche's streamShutdown makes them. */
const frames = [
  ['STOP_SENDING', 0],
  ['RESET_STREAM', 1],
] as const;

describe.each(frames)('%s on the control stream', (frame, direction) => {
  it.each(['client', 'server'] as const)(
    'from a %s that then says nothing ends the connection at once',
    async (who) => {
      const { client, server } = await pair();
      const [sender, other] = who === 'client' ? [client, server] : [server, client];
      const lost = failureOf(other);
      const told = failureOf(sender);
      sender.quiche.streamShutdown(0, direction, 0x8e);
      sender.wake();
      expect(await lost).toMatchObject({
        code: 'MQB_RESET',
        message: `quic: the peer gave up the control stream (${frame}, code 142)`,
      });
      // Both directions are given up in return, with the code that came (EMQX, emqtt), then the connection is closed with 1.
      expect(await told).toMatchObject({ code: 'MQB_RESET' });
      expect(other.quiche.localError()).toMatchObject({ isApp: true, errorCode: 1 });
    },
  );

  it('with the code that came, which the other end reads before the close', async () => {
    const { lab, client, server } = await pair();
    const lost = failureOf(server);
    const answers: Buffer[] = [];
    lab.wire.fate = (packet, from) => {
      if (from === serverAddress) answers.push(packet);
      return { copies: from === serverAddress ? 0 : 1, delayMs: 0 };
    };
    client.quiche.streamShutdown(0, direction, 500);
    client.wake();
    await lost;
    await until(() => answers.length >= 2);
    const [mirror] = answers;
    client.quiche.recv(Buffer.from(mirror as Buffer), { from: serverAddress, to: client.localAddress });
    expect(client.quiche.peerError()).toBeNull();
    // Whichever of its directions is still whole here was given up by the server, with our code.
    if (direction === 0) expect(() => client.quiche.streamCapacity(0)).toThrow('StreamStopped(500)');
    else expect(() => client.quiche.streamRecv(0, Buffer.alloc(10))).toThrow('StreamReset(500)');
  });

  it("lets the broker publish the client's will, however quiet that client is", async () => {
    const broker = await Broker.start({ listeners: { quic: { port: 0 } } });
    const transport = quicTransport();
    undo.push(
      () => broker.close(),
      () => transport.close(),
    );
    const { addresses, ca } = broker.ready;
    const { host, port } = addresses.quic as { host: string; port: number };
    const dial = () => transport.dial({ host, port, tls: { ca } });
    const [device, watcher] = [await dial(), await dial()];
    const [dying, watching] = [new Talker(device.duplex), new Talker(watcher.duplex)];
    const will = { topic: 'gone', payload: Buffer.from('device'), qos: 0 as const, retain: false };
    await dying.connect('device', { will });
    await watching.connect('watcher');
    watching.subscribe('gone');
    await watching.next('suback');
    device.quiche.streamShutdown(0, direction, 500);
    device.wake();
    expect(await watching.next('publish')).toMatchObject({ topic: 'gone' });
  });
});

describe('the end of the control stream', () => {
  it('by FIN is a normal end: all that was written arrives, and the connection closes with 0', async () => {
    const { client, server } = await pair();
    expect((await exchange(client, Buffer.from('last words'))).toString()).toBe('last words');
    client.duplex.end();
    await until(() => client.duplex.destroyed && server.duplex.destroyed);
    await until(() => client.quiche.isClosed() || server.quiche.isClosed() || client.quiche.isDraining());
    const ends = [client, server].map(({ quiche }) => quiche.localError() ?? quiche.peerError());
    const normal = expect.objectContaining({ isApp: true, errorCode: 0 });
    const told = ends.filter((end) => end !== null);
    expect(told).toEqual(told.length === 2 ? [normal, normal] : [normal]); // the one that closes is told nothing
  });

  it('of a data stream leaves it alone', async () => {
    const { client, server } = await pair();
    server.streams.onStream((stream) => stream.pipe(stream));
    for (const [, direction] of frames) {
      const stream = client.streams.open();
      stream.on('error', () => {});
      stream.write('x');
      await until(() => server.streams.dataStreams === 1);
      client.quiche.streamShutdown(stream.id, direction, 500);
      client.wake();
      await until(() => server.streams.dataStreams === 0);
    }
    expect((await exchange(client, Buffer.from('alive'))).toString()).toBe('alive');
  });
});
