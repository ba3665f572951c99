import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import type { BrokerLimits } from '../../src/broker/limits.js';
import { brokerDoubts } from '../../src/run/doubts/broker.js';

describe('what is kept for sessions that are away', () => {
  let broker: Broker;
  const clients: mqtt.MqttClient[] = [];

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
    await broker?.close();
  });

  async function start(limits: Partial<BrokerLimits>): Promise<void> {
    broker = await Broker.start({ listeners: { tcp: { port: 0 } }, limits });
  }

  async function connect(clientId: string, clean: boolean, received: string[] = []): Promise<mqtt.MqttClient> {
    const client = mqtt.connect(`mqtt://127.0.0.1:${broker.ready.addresses.tcp?.port}`, {
      clientId,
      clean,
      reconnectPeriod: 0,
    });
    clients.push(client);
    client.on('message', (_, payload) => received.push(payload.toString()));
    await new Promise((resolve, reject) => client.once('connect', resolve).once('error', reject));
    return client;
  }

  async function leave(clientId: string): Promise<void> {
    const client = await connect(clientId, false);
    await client.subscribeAsync('a/#', { qos: 1 });
    await client.endAsync();
    await expect.poll(() => broker.peers().map((peer) => peer.clientId)).not.toContain(clientId);
  }

  async function publish(from: number, to: number, payload = ''): Promise<void> {
    const publisher = await connect('publisher', true);
    for (let i = from; i < to; i++) await publisher.publishAsync('a/b', `${i}${payload}`, { qos: 1 });
    await publisher.endAsync();
  }

  const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `${from + i}`);

  it('is so many messages for each; the newest are dropped, counted for each', async () => {
    await start({ queuedMessages: 10 });
    await leave('one');
    await publish(0, 4);
    await leave('two');
    await publish(4, 20);
    expect(broker.counters()).toMatchObject({ 'mqtt.droppedForAway': 16 - 6 + (16 - 10) });
    expect(brokerDoubts({ counters: broker.counters() })).toEqual([
      {
        code: 'away-dropped',
        metric: 'messages.missing',
        message:
          'the broker dropped 16 messages for sessions whose clients were away: it keeps 10,000 for each, and 268 MB for all',
        advice: expect.any(String),
      },
    ]);
    const received: string[] = [];
    await connect('one', false, received);
    await expect.poll(() => received).toEqual(numbers(0, 10));
    const others: string[] = [];
    await connect('two', false, others);
    await expect.poll(() => others).toEqual(numbers(4, 14));
    await expect.poll(() => broker.sessions.messages).toBe(0);
  });

  it('makes room again for a session that has taken what was kept', async () => {
    await start({ queuedMessages: 5 });
    for (let round = 0; round < 3; round++) {
      await leave('one');
      await publish(0, 8);
      const received: string[] = [];
      const client = await connect('one', false, received);
      await expect.poll(() => received).toEqual(numbers(0, 5));
      await expect.poll(() => broker.sessions.messages).toBe(0);
      await client.endAsync();
    }
    expect(broker.counters()).toMatchObject({ 'mqtt.droppedForAway': 9 });
  });

  it('is so many bytes for all', async () => {
    await start({ queuedBytes: 10_000 });
    await leave('one');
    await leave('two');
    await publish(0, 10, 'x'.repeat(1000));
    expect(broker.counters()).toMatchObject({ 'mqtt.droppedForAway': 13 }); // seven of 1,260 B fit
  });

  it('does not bound a session that is there', async () => {
    await start({ queuedMessages: 2 });
    const received: string[] = [];
    const client = await connect('one', false, received);
    await client.subscribeAsync('a/#', { qos: 1 });
    await publish(0, 50);
    await expect.poll(() => received).toEqual(numbers(0, 50));
    expect(broker.counters()).toMatchObject({ 'mqtt.droppedForAway': 0 });
    expect(brokerDoubts({ counters: broker.counters() })).toEqual([]);
  });
});
