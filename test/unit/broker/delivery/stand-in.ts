import { PassThrough } from 'node:stream';
import { type Packet, parser } from 'mqtt-packet';
import type { Client } from '../../../../src/broker/aedes/aedes.js';
import { AfterTurn } from '../../../../src/broker/delivery/after-turn.js';
import { Subscriber, type SubscriberOwner } from '../../../../src/broker/delivery/subscriber.js';
import type { Message } from '../../../../src/broker/sessions/message.js';
import { SessionStore } from '../../../../src/broker/sessions/store.js';

/** As much of aedes' client as a subscriber looks at, and what was written to it. */
export class Receiver {
  readonly conn = new PassThrough();
  closed = false;
  readonly subscriptions = {};
  readonly packets: Packet[] = [];
  /** Called when its socket takes more. */
  readonly waiting: (() => void)[] = [];

  constructor(
    readonly id: string,
    readonly version: 4 | 5,
    readonly clean: boolean,
    readonly receiveMaximum = 65_535,
    readonly maximumPacketSize?: number,
  ) {
    const parse = parser({ protocolVersion: version });
    parse.on('packet', (packet) => this.packets.push(packet));
    const write = (chunk: Buffer): boolean => {
      parse.parse(chunk);
      return !this.isFull;
    };
    Object.assign(this.conn, { write });
  }

  isFull = false;

  waitForDrain(done: () => void): void {
    this.waiting.push(done);
  }

  drain(): void {
    this.isFull = false;
    for (const done of this.waiting.splice(0)) done();
  }

  /** What it got: payloads, `*` behind those with DUP. */
  get got(): string[] {
    return this.packets.flatMap((packet) =>
      packet.cmd === 'publish' ? [`${packet.payload}${packet.dup ? '*' : ''}`] : [packet.cmd],
    );
  }

  /** Packet ids of the PUBLISH packets that it got. */
  get ids(): number[] {
    return this.packets.flatMap(({ cmd, messageId }) => (cmd === 'publish' ? [messageId ?? 0] : []));
  }
}

export function ownerOf(store = new SessionStore({ queuedMessages: 100, queuedBytes: 1e6 }), mostHeld = 100) {
  const counters = { publishesDelivered: 0, tooLargeForClient: 0 };
  return { store, afterTurn: new AfterTurn(), mostHeld, counters, datagram: () => false } satisfies SubscriberOwner;
}

/** A client that has connected. */
export function connected(owner: SubscriberOwner, client: Receiver, isCleanStart = client.clean): Subscriber {
  const subscriber = new Subscriber(client as unknown as Client, owner);
  subscriber.asks(isCleanStart, 0);
  const { session, isPresent } = owner.store.begin(client.id, client, isCleanStart);
  subscriber.begin(session, isPresent);
  return subscriber;
}

let counter = 0;
export const message = (payload: string, more: Partial<Message> = {}): Message => ({
  ...{ topic: 't', payload: Buffer.from(payload), qos: 1, retain: false, brokerCounter: ++counter },
  ...more,
});
