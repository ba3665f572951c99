import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';

describe('$SYS/broker', () => {
  let broker: Broker;
  let client: mqtt.MqttClient;
  const told = new Map<string, { text: string; retain: boolean }[]>();
  const last = (name: string): string | undefined => told.get(`$SYS/broker/${name}`)?.at(-1)?.text;

  beforeAll(async () => {
    broker = await Broker.start({ listeners: { tcp: { port: 0 } } });
    client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.ready.addresses.tcp?.port}`, { reconnectPeriod: 0 });
    client.on('message', (topic, payload, { retain }) => {
      told.set(topic, [...(told.get(topic) ?? []), { text: payload.toString(), retain }]);
    });
  });
  afterAll(async () => {
    await client.endAsync(true);
    await broker.close();
  });

  it('is told at once to whoever subscribes, under the names of mosquitto, as retained', async () => {
    await client.publishAsync('a', 'x', { qos: 1 });
    const began = performance.now();
    await client.subscribeAsync('$SYS/broker/#');
    await expect.poll(() => told.size).toBeGreaterThan(9);
    expect(performance.now() - began).toBeLessThan(900);
    expect(last('uptime')).toMatch(/^\d+ seconds$/);
    expect(last('version')).toMatch(/^mqbench version \d/);
    expect(last('clients/connected')).toBe('1');
    expect(Number(last('messages/received'))).toBeGreaterThanOrEqual(3); // CONNECT, PUBLISH, SUBSCRIBE
    expect(Number(last('messages/sent'))).toBeGreaterThanOrEqual(3);
    expect(last('publish/messages/received')).toBe('1');
    expect(last('publish/messages/dropped')).toBe('0');
    expect(Number(last('bytes/received'))).toBeGreaterThan(20);
    expect(told.get('$SYS/broker/uptime')?.[0]?.retain).toBe(true);
  });

  it('follows what happens', async () => {
    const other = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.ready.addresses.tcp?.port}`);
    await other.subscribeAsync('$SYS/broker/uptime');
    await expect.poll(() => last('clients/connected'), { timeout: 3000 }).toBe('2');
    await other.endAsync(true);
    await expect.poll(() => last('clients/connected'), { timeout: 3000 }).toBe('1');
    expect(last('clients/maximum')).toBe('2');
    expect(told.get('$SYS/broker/clients/connected')?.at(-1)?.retain).toBe(false);
  });

  it('is nothing for subscribers of # and +/#, and cannot be published to', async () => {
    const seen: string[] = [];
    const other = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.ready.addresses.tcp?.port}`);
    other.on('message', (topic) => seen.push(topic));
    await other.subscribeAsync(['#', '+/broker/#']);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(seen).toEqual([]);
    await other.endAsync(true);
  });
});
