import { connect as connectTcp, type Socket } from 'node:net';
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerOptions } from '../../src/broker/contract.js';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { transportFor } from '../../src/transport/registry.js';

describe('limits of the reference broker', () => {
  let broker: BrokerHandle;
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await broker?.close();
  });

  async function start(options: Partial<BrokerOptions>): Promise<number> {
    broker = await startBroker({ listeners: { tcp: { port: 0 } }, ...options });
    return broker.ready.addresses.tcp?.port as number;
  }

  /** Writes the bytes; resolves when the broker closes the connection. */
  function cutOff(port: number, bytes: Buffer): Promise<void> {
    const socket = connectTcp(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {}).resume();
    socket.write(bytes);
    return new Promise((resolve) => socket.once('close', () => resolve()));
  }

  it('cuts off whoever announces a CONNECT larger than allowed', async () => {
    const port = await start({ limits: { connectBytes: 1000 } });
    // Type CONNECT, remaining length 268,435,455, the largest there is [MQTT-2.2.3].
    await cutOff(port, Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f, 0x00, 0x04]));
    expect((await broker.stats()).counters['mqtt.limitsExceeded']).toBe(1);
  });

  it('cuts off a client in the middle of a packet larger than allowed, and nobody else', async () => {
    const port = await start({ limits: { packetBytes: 10_000 } });
    const polite = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
    await polite.publishAsync('a', Buffer.alloc(9000), { qos: 1 });
    const connect = Buffer.from([0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x78]);
    const halfPublish = Buffer.from([0x30, 0x80, 0x80, 0x01, 0, 1, 0x61, 1, 2, 3]); // 16,384 bytes to come
    await cutOff(port, Buffer.concat([connect, halfPublish]));
    await polite.publishAsync('a', 'still here', { qos: 1 });
    await polite.endAsync(true);
    expect((await broker.stats()).counters['mqtt.limitsExceeded']).toBe(1);
  });

  it('aborts connections beyond the number allowed, and takes new ones when others have left', async () => {
    const port = await start({ limits: { connections: 1 } });
    const url = `mqtt://127.0.0.1:${port}`;
    const first = await mqtt.connectAsync(url, { reconnectPeriod: 0 });
    await expect(mqtt.connectAsync(url, { reconnectPeriod: 0 })).rejects.toThrow();
    await first.endAsync();
    await expect.poll(async () => (await broker.stats()).connections.tcp).toBe(0);
    await (await mqtt.connectAsync(url, { reconnectPeriod: 0 })).endAsync(true);
  });

  it('survives garbage, and goes on serving', async () => {
    const port = await start({});
    for (const bytes of [
      [0],
      [0xff, 0xff, 0xff, 0xff, 0xff],
      [0x10, 0],
      [0x30, 3, 0, 1, 0x61],
      [0x10, 4, 0, 9, 0x4d, 0x51],
    ]) {
      await cutOff(port, Buffer.from([...bytes, ...new Array(400).fill(0x42)]));
    }
    await (await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`)).endAsync(true);
  });

  it.each(['tls', 'quic'] as const)(
    'rotates the ticket key of %s: old tickets lead to a full handshake, new ones resume',
    async (name) => {
      broker = await startBroker({ listeners: { [name]: { port: 0 } }, ticketKeyHex: '11'.repeat(48) });
      const address = broker.ready.addresses[name];
      if (!address) throw new Error('no listener');
      const kept = new Map<string, Uint8Array>();
      const dial = async (): Promise<string> => {
        const before = kept.get('k');
        const connection = await transportFor(name).dial({
          ...address,
          tls: { ca: broker.ready.ca },
          tickets: { store: kept, key: 'k' },
        });
        connection.duplex.on('error', () => {}).resume();
        const { handshake } = connection.stats();
        // OpenSSL gives no new ticket to a session that resumed with a current one; QUIC's is kept when it closes.
        if (name === 'tls' && handshake === 'full') await expect.poll(() => kept.get('k') !== before).toBe(true);
        if (name === 'quic') await new Promise((resolve) => setTimeout(resolve, 50));
        await connection.close();
        return handshake;
      };
      const seen = [await dial(), await dial()];
      await broker.rotateTicketKey('22'.repeat(48));
      seen.push(await dial(), await dial());
      expect(seen).toEqual(['full', 'resumed', 'full', 'resumed']);
      await transportFor(name).close();
    },
  );
});
