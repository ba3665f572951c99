import type { Duplex } from 'node:stream';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';
import { until } from './wire.js';

/** A stream with MQTT packets on it, read into a list. */
export class Talker {
  readonly heard: Packet[] = [];

  constructor(readonly duplex: Duplex) {
    const packets = parser({ protocolVersion: 4 });
    packets.on('packet', (packet) => this.heard.push(packet));
    duplex.on('data', (chunk: Buffer) => packets.parse(chunk));
    duplex.on('error', () => {});
  }

  say(packet: Packet): void {
    this.duplex.write(generate(packet, { protocolVersion: 4 }));
  }

  /** Connects, and waits until it is. */
  async connect(clientId: string, options: Partial<IConnectPacket> = {}): Promise<void> {
    const usual = { protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 0 } as const;
    this.say({ cmd: 'connect', clientId, ...usual, ...options });
    await this.next('connack');
  }

  subscribe(topic: string, messageId = 1): void {
    this.say({ cmd: 'subscribe', messageId, subscriptions: [{ topic, qos: 1 }] });
  }

  publish(topic: string, payload: string, messageId = 1): void {
    this.say({ cmd: 'publish', topic, payload, qos: 1, messageId, dup: false, retain: false });
  }

  of(cmd: string): Packet[] {
    return this.heard.filter((packet) => packet.cmd === cmd);
  }

  async next(cmd: string, count = 1): Promise<Packet> {
    await until(() => this.of(cmd).length >= count);
    return this.of(cmd)[count - 1] as Packet;
  }
}
