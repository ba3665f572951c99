import net from 'node:net';
import mqtt from 'mqtt-packet';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Broker } from '../../src/broker/broker.js';

/** A subscriber with a session that outlives its connection; it acknowledges when the test says so. */
class Subscriber {
  readonly got: { id: number; payload: string }[] = [];
  connack = false;
  ended = false;
  acknowledging = false;
  private readonly socket: net.Socket;

  constructor(port: number, subscribe: boolean) {
    this.socket = net.connect(port, '127.0.0.1');
    const parser = mqtt.parser();
    parser.on('packet', (packet) => this.take(packet, subscribe));
    this.socket.on('data', (bytes) => parser.parse(bytes));
    this.socket.on('close', () => (this.ended = true));
    this.socket.on('error', () => {});
    this.send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'kept', clean: false, keepalive: 0 });
  }

  private take(packet: mqtt.Packet, subscribe: boolean): void {
    if (packet.cmd === 'connack') {
      this.connack = true;
      if (subscribe) this.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 't', qos: 1 }] });
    }
    if (packet.cmd !== 'publish') return;
    this.got.push({ id: packet.messageId as number, payload: packet.payload.toString() });
    if (this.acknowledging) this.acknowledge(packet.messageId as number);
  }

  acknowledge(messageId: number): void {
    this.send({ cmd: 'puback', messageId });
  }

  send(packet: mqtt.Packet): void {
    this.socket.write(mqtt.generate(packet));
  }

  /** Without a word. */
  cut(): void {
    this.socket.destroy();
  }
}

describe('a session that outlives its connection', () => {
  let broker: Broker;
  let port: number;
  const subscribers: Subscriber[] = [];

  async function start(): Promise<void> {
    broker = await Broker.start({ listeners: { tcp: { port: 0 } } });
    port = broker.ready.addresses.tcp?.port as number;
  }

  function subscriber(subscribe = false): Subscriber {
    const one = new Subscriber(port, subscribe);
    subscribers.push(one);
    return one;
  }

  /** Publishes and waits for all PUBACKs. */
  async function publish(payloads: readonly string[]): Promise<void> {
    const socket = net.connect(port, '127.0.0.1');
    let acknowledged = 0;
    const parser = mqtt.parser();
    const write = (packet: mqtt.Packet) => socket.write(mqtt.generate(packet));
    parser.on('packet', ({ cmd }) => {
      if (cmd === 'puback') acknowledged++;
      if (cmd !== 'connack') return;
      for (const [i, payload] of payloads.entries()) {
        write({ cmd: 'publish', topic: 't', qos: 1, messageId: i + 1, payload, dup: false, retain: false });
      }
    });
    socket.on('data', (bytes) => parser.parse(bytes));
    write({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: `p${payloads[0]}`, clean: true });
    await expect.poll(() => acknowledged, { timeout: 10_000 }).toBe(payloads.length);
    socket.destroy();
  }

  afterEach(async () => {
    vi.restoreAllMocks();
    for (const one of subscribers.splice(0)) one.cut();
    await broker.close();
  });

  it('never has two messages under one packet id, wherever aedes begins to count', async () => {
    await start();
    vi.spyOn(Math, 'random').mockReturnValue(0.5); // each connection begins there
    const first = subscriber(true);
    await expect.poll(() => first.connack).toBe(true);
    const old = Array.from({ length: 5 }, (_, i) => `old ${i}`);
    await publish(old);
    await expect.poll(() => first.got.length).toBe(5);
    first.cut();
    const second = subscriber();
    await expect.poll(() => second.got.length).toBe(5); // replayed, not acknowledged
    await publish(['new 0', 'new 1']);
    await expect.poll(() => second.got.length).toBe(7);
    expect(new Set(second.got.map(({ id }) => id)).size).toBe(7);
    // What is not acknowledged stays: only the new ones are.
    for (const { id, payload } of second.got) if (payload.startsWith('new')) second.acknowledge(id);
    await publish(['last']); // by now the acknowledgements were read
    await expect.poll(() => second.got.length).toBe(8);
    second.cut();
    const third = subscriber();
    await expect.poll(() => third.got.map(({ payload }) => payload)).toEqual([...old, 'last']);
  });

  it('may acknowledge a message while the queue that holds it is being replayed', async () => {
    await start();
    const first = subscriber(true);
    await expect.poll(() => first.connack).toBe(true);
    await publish(Array.from({ length: 500 }, (_, i) => `${i}`));
    await expect.poll(() => first.got.length).toBe(500);
    first.cut();
    const second = subscriber();
    await expect.poll(() => second.got.length, { interval: 1 }).toBeGreaterThan(0);
    for (const { id } of first.got) second.acknowledge(id);
    await publish(['last']);
    await expect.poll(() => second.got.at(-1)?.payload).toBe('last');
    expect(second.ended).toBe(false);
  });

  it('gets every message over connections that are cut again and again while messages come', async () => {
    await start();
    let now = subscriber(true);
    now.acknowledging = true;
    await expect.poll(() => now.connack).toBe(true);
    let rounds = 0;
    const churn = setInterval(() => {
      if (!now.connack) return;
      if (rounds++ % 2 === 0) now.cut(); // else it is taken over alive
      now = subscriber();
      now.acknowledging = true;
    }, 15);
    const sent: string[] = [];
    for (let batch = 0; batch < 60; batch++) {
      const payloads = Array.from({ length: 50 }, (_, i) => `${batch} ${i}`);
      sent.push(...payloads);
      await publish(payloads);
    }
    clearInterval(churn);
    const missing = (): string[] => {
      const received = new Set(subscribers.flatMap(({ got }) => got.map(({ payload }) => payload)));
      return sent.filter((payload) => !received.has(payload));
    };
    await expect.poll(missing, { timeout: 30_000 }).toEqual([]);
    expect(rounds).toBeGreaterThan(10);
    expect(now.ended).toBe(false);
  }, 60_000);
});
