import { once } from 'node:events';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { connectBytes, field } from '../../bytes.js';
import type { Scene } from '../../scene.js';
import type { Statement } from '../../statement.js';

/** A WebSocket of a bare library to the broker's listener. */
async function socket(at: Scene, protocols: readonly string[]): Promise<WebSocket> {
  const { peerAddress } = (await at.open()).connection;
  const ws = new WebSocket(`ws://${peerAddress.host}:${peerAddress.port}/mqtt`, [...protocols]);
  return ws.on('error', () => {}); // a reset, where the server closes while something is written
}

/** CONNECT and PINGREQ in frames of these sizes; what comes back. */
async function greeting(at: Scene, chunk: number): Promise<{ data: Buffer; isBinary: boolean }> {
  const ws = await socket(at, ['mqtt']);
  try {
    await once(ws, 'open');
    const got = new Promise<{ data: Buffer; isBinary: boolean }>((resolve) => {
      let data = Buffer.alloc(0);
      let all = true;
      ws.on('message', (part: Buffer, isBinary) => {
        data = Buffer.concat([data, part]);
        all &&= isBinary;
        if (data.length >= 6) resolve({ data, isBinary: all });
      });
    });
    const packets = Buffer.concat([connectBytes(4, { fields: [field(at.id())] }), Buffer.from([0xc0, 0])]);
    for (let i = 0; i < packets.length; i += chunk) ws.send(packets.subarray(i, i + chunk), { binary: true });
    return await got;
  } finally {
    ws.terminate();
  }
}

/** What carries MQTT. */
export const network: readonly Statement[] = [
  {
    in311: ['MQTT-7.1.1-1'],
    in5: ['MQTT-4.2-1'],
    says: 'the bytes of a message arrive all and in order, both ways, in however many pieces',
    test: async (at) => {
      const [subscriber, publisher] = [await at.client(), await at.client()];
      await subscriber.subscribe(at.topic('a'));
      const payload = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff));
      await publisher.publish(at.topic('a'), payload, { qos: 1 });
      expect(payload.equals((await subscriber.next('publish')).payload as Buffer)).toBe(true);
    },
  },
  {
    in311: ['MQTT-6.0.0-1'],
    in5: ['MQTT-6.0.0-1'],
    says: 'over WebSocket the server sends binary frames, and a text frame ends the connection',
    over: ['ws'],
    test: async (at) => {
      expect((await greeting(at, 1000)).isBinary).toBe(true);
      const ws = await socket(at, ['mqtt']);
      await once(ws, 'open');
      const closed = new Promise((resolve) => ws.once('close', resolve));
      ws.send('text');
      await closed;
    },
  },
  {
    in311: ['MQTT-6.0.0-2'],
    in5: ['MQTT-6.0.0-2'],
    says: 'over WebSocket packets need not begin or end with a frame',
    over: ['ws'],
    test: async (at) => {
      for (const chunk of [1, 3, 1000])
        expect((await greeting(at, chunk)).data).toEqual(Buffer.from([0x20, 2, 0, 0, 0xd0, 0]));
    },
  },
  {
    in311: ['MQTT-6.0.0-4'],
    in5: ['MQTT-6.0.0-4'],
    says: 'over WebSocket the server chooses the subprotocol mqtt',
    over: ['ws'],
    test: async (at) => {
      for (const offered of [['mqtt'], ['other', 'mqtt']]) {
        const ws = await socket(at, offered);
        await once(ws, 'open');
        expect(ws.protocol).toBe('mqtt');
        ws.terminate();
      }
    },
  },
];
