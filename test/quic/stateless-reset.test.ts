import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import type { Listener } from '../../src/transport/contract.js';
import { ResetTokens } from '../../src/transport/quic/endpoint/stateless-reset.js';
import { quicTransport } from '../../src/transport/quic/transport.js';
import { failureOf } from './bounded.js';
import { certificates, clientAddress, Lab, pause, serverAddress, until } from './wire.js';

let lab: Lab | undefined;
afterEach(() => {
  lab?.end();
  lab = undefined;
});

/** An address behind which one server may take the place of another, of which nothing is heard any more. */
class Switch {
  private client = 0;

  private constructor(
    private readonly front: Socket,
    private readonly back: Socket,
    public target: number,
  ) {
    front.on('message', (packet, from) => {
      this.client = from.port;
      back.send(packet, this.target, '127.0.0.1');
    });
    back.on('message', (packet, from) => {
      if (from.port === this.target) front.send(packet, this.client, '127.0.0.1');
    });
  }

  static async start(target: number): Promise<Switch> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
    await Promise.all(sockets.map((socket) => new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))));
    return new Switch(...sockets, target);
  }

  get port(): number {
    return this.front.address().port;
  }

  close(): void {
    this.front.close();
    this.back.close();
  }
}

/** A short header for a connection that nobody has. */
function stranger(bytes: number): Buffer {
  const packet = randomBytes(bytes);
  packet[0] = 0x40 | ((packet[0] as number) & 0x3f);
  return packet;
}

describe('a server that was killed and started again', () => {
  it('tells clients of the one before with their next packet, given its key', async () => {
    lab = await Lab.start();
    const { client } = await lab.echoPair();
    const ended = failureOf(client);
    await lab.serve(Buffer.alloc(32, 7));
    const started = performance.now();
    client.duplex.write('still there?');
    expect((await ended).code).toBe('MQB_RESET');
    expect(performance.now() - started).toBeLessThan(500);
    await until(() => lab?.client.size === 0);
    expect(lab.client.counters).toMatchObject({ closedByReset: 1 });
    expect(lab.server.counters.resetsSent).toBeGreaterThan(0);
  });

  it('does not with another key, nor does anybody else', async () => {
    lab = await Lab.start();
    const { client } = await lab.echoPair();
    await lab.serve(Buffer.alloc(32, 8));
    client.duplex.write('still there?');
    await pause(300);
    expect(client.duplex.destroyed).toBe(false);
  });

  it("does so between real sockets, whatever the ids: key from the certificate's, or from the ticket key", async () => {
    for (const ticketKey of [undefined, Buffer.alloc(48, 3)]) {
      const tls = { cert: certificates.cert, key: certificates.key, ticketKey };
      const transports = [quicTransport(), quicTransport(), quicTransport()] as const;
      const [first, second, dialling] = transports;
      const listen = (transport: typeof first): Promise<Listener> =>
        transport.listen({ port: 0, tls }, ({ duplex }) => duplex.on('error', () => {}).resume());
      const [before, after] = [await listen(first), await listen(second)];
      const relay = await Switch.start(before.address.port);
      const client = await dialling.dial({ host: '127.0.0.1', port: relay.port, tls: { ca: certificates.ca } });
      client.duplex.write('one');
      await until(() => before.connections === 1);
      const ended = failureOf(client);
      relay.target = after.address.port;
      client.duplex.write('two');
      expect((await ended).code).toBe('MQB_RESET');
      relay.close();
      for (const each of [before, after, ...transports]) await each.close();
    }
  });
});

describe('the answer to a short header that belongs to nobody', () => {
  it.each([
    [13, 0],
    [21, 0],
    [22, 21],
    [40, 39],
    [43, 42],
    [44, 43],
    [60, 43],
    [200, 43],
    [1200, 43],
  ])('of %i bytes has %i, always fewer than came', async (bytes, answered) => {
    lab = await Lab.start();
    lab.wire.inject(stranger(bytes), clientAddress, serverAddress);
    const answers = lab.wire.sent.filter(({ from }) => from === serverAddress);
    expect(answers.map(({ packet }) => packet.length)).toEqual(answered === 0 ? [] : [answered]);
    for (const { packet } of answers) expect((packet[0] as number) & 0xc0).toBe(0x40);
  });

  it('ends when two ends answer each other', () => {
    const [here, there] = [new ResetTokens(randomBytes(32)), new ResetTokens(randomBytes(32))];
    const slot = Buffer.alloc(100);
    let length = 44;
    let rounds = 0;
    for (; length > 0 && rounds < 100; rounds++) {
      length = (rounds % 2 === 0 ? here : there).write(Buffer.from(slot.subarray(0, length)), slot, 0);
    }
    expect(rounds).toBeLessThan(30);
  });

  it('is given at most 200 times in a tenth of a second', () => {
    const tokens = new ResetTokens(randomBytes(32));
    const slot = Buffer.alloc(100);
    const given = (nowMs: number): number =>
      Array.from({ length: 1000 }, () => tokens.write(stranger(100), slot, nowMs)).filter((length) => length > 0)
        .length;
    expect([given(0), given(50), given(100)]).toEqual([200, 0, 200]);
  });

  it('is not given by a client', async () => {
    lab = await Lab.start();
    await lab.echoPair();
    const before = lab.wire.sent.length;
    lab.wire.inject(stranger(100), serverAddress, clientAddress);
    await pause(20);
    expect(lab.wire.sent.length).toBe(before);
  });
});
