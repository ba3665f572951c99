import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerOptions } from '../../src/broker/contract.js';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { type BrokerStream, connect } from '../../src/index.js';
import { transportFor } from '../../src/transport/registry.js';
import { UdpRelay } from './udp-relay.js';

describe('reference broker over QUIC', () => {
  let broker: BrokerHandle;
  const clients: mqtt.MqttClient[] = [];
  let relay: UdpRelay | undefined;

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
    await broker?.close();
    relay?.close();
    relay = undefined;
    await transportFor('quic').close();
  });

  /** @param delayMs the handshake is not confirmed before, so that early data is early also on loopback */
  async function start(options: Partial<BrokerOptions> = {}, delayMs = 100): Promise<void> {
    broker = await startBroker({ listeners: { quic: { port: 0 }, tcp: { port: 0 } }, ...options });
    relay = await UdpRelay.start(broker.ready.addresses.quic?.port as number, delayMs);
  }

  /** MQTT.js over a QUIC stream; the stream is returned beside it. */
  async function join(
    clientId: string,
    options: { tickets?: Map<string, Uint8Array>; early?: boolean; mqtt?: mqtt.IClientOptions } = {},
  ): Promise<{ client: mqtt.MqttClient; stream: BrokerStream }> {
    let stream: BrokerStream | undefined;
    const build = (): BrokerStream => {
      stream = connect(`quic://127.0.0.1:${relay?.port}`, {
        tls: { ca: broker.ready.ca },
        tickets: options.tickets,
        quic: { earlyData: options.early ?? false },
      });
      return stream;
    };
    const client = new mqtt.MqttClient(build, { clientId, reconnectPeriod: 0, ...options.mqtt });
    clients.push(client);
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('error', reject);
    });
    return { client, stream: stream as unknown as BrokerStream };
  }

  /** A first visit, for the ticket. */
  async function visit(tickets: Map<string, Uint8Array>): Promise<void> {
    const { client } = await join('visitor', { tickets });
    await client.endAsync();
    await expect.poll(() => tickets.size).toBe(1);
  }

  it('answers an early CONNECT at once, but holds an early take-over until the handshake is confirmed', async () => {
    await start();
    const tickets = new Map<string, Uint8Array>();
    await visit(tickets);
    const fresh = await join('fresh', { tickets, early: true });
    expect(fresh.stream.connection?.stats().handshake).toBe('early-data');
    const before = (await broker.stats()).counters;
    expect(before['mqtt.earlyPackets']).toBe(1);
    expect(before['mqtt.earlyHeld']).toBe(0);
    const closed = new Promise<void>((resolve) => fresh.client.once('close', () => resolve()));
    await join('fresh', { tickets, early: true });
    await closed; // taken over, after the hold
    const after = (await broker.stats()).counters;
    expect(after['mqtt.earlyHeld']).toBe(1);
    expect(after['mqtt.earlyDropped']).toBe(0);
  });

  it('holds an early CONNECT with a will, and one that wipes a stored session', async () => {
    await start();
    const tickets = new Map<string, Uint8Array>();
    await visit(tickets);
    const keeper = await join('keeper', { mqtt: { clean: false } });
    await keeper.client.subscribeAsync('kept', { qos: 1 });
    await keeper.client.endAsync();
    const will = { topic: 'w', payload: Buffer.from('gone'), qos: 0 as const, retain: false };
    await join('willing', { tickets, early: true, mqtt: { will } });
    expect((await broker.stats()).counters['mqtt.earlyHeld']).toBe(1);
    await join('keeper', { tickets, early: true, mqtt: { clean: true } });
    expect((await broker.stats()).counters['mqtt.earlyHeld']).toBe(2);
  });

  it('holds nothing with the policy accept', async () => {
    await start({ earlyData: 'accept' });
    const tickets = new Map<string, Uint8Array>();
    await visit(tickets);
    await join('c', { tickets, early: true });
    await join('c', { tickets, early: true });
    const { counters } = await broker.stats();
    expect(counters['mqtt.earlyPackets']).toBe(2);
    expect(counters['mqtt.earlyHeld']).toBe(0);
  });

  it('takes no early data with the policy reject, and clients connect all the same', async () => {
    await start({ earlyData: 'reject' });
    const tickets = new Map<string, Uint8Array>();
    await visit(tickets);
    const { client } = await join('c', { tickets, early: true });
    await client.publishAsync('a', 'x', { qos: 1 });
    expect((await broker.stats()).counters['mqtt.earlyPackets']).toBe(0);
  });

  it('shows where a client is now when its NAT moves it, in its list and under $SYS', async () => {
    await start({}, 0);
    const nat = relay as UdpRelay;
    const watcher = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.ready.addresses.tcp?.port}`);
    clients.push(watcher);
    const told: string[] = [];
    watcher.on('message', (topic, payload) => told.push(`${topic.split('/').slice(2).join('/')} ${payload}`));
    await watcher.subscribeAsync('$SYS/+/clients/+/address');
    const { client } = await join('mover');
    const addressOf = async () => (await broker.peers()).find(({ clientId }) => clientId === 'mover')?.address.port;
    await expect.poll(addressOf).toBe(nat.outerPort);
    await new Promise((resolve) => setTimeout(resolve, 1200)); // the broker has looked once before the move
    await nat.rebind();
    await client.publishAsync('a', 'x', { qos: 1 });
    expect(await addressOf()).toBe(nat.outerPort);
    await expect.poll(() => told, { timeout: 5000 }).toEqual([`clients/mover/address 127.0.0.1:${nat.outerPort}`]);
    expect((await broker.stats()).counters['mqtt.addressChanges']).toBe(1);
  });
});
