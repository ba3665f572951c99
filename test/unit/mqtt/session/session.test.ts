import { Duplex } from 'node:stream';
import { Aedes } from 'aedes';
import { generate, type Packet, parser } from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MqbenchError } from '../../../../src/base/errors.js';
import type { Connack } from '../../../../src/mqtt/codec/control-packets.js';
import { PublishTemplate } from '../../../../src/mqtt/codec/publish-template.js';
import { Outbox } from '../../../../src/mqtt/session/outbox.js';
import { Session, type SessionEvents, type SessionOptions } from '../../../../src/mqtt/session/session.js';

/** Two streams; what is written to one is read from the other in the next turn. */
function duplexPair(): [Duplex, Duplex] {
  const make = (other: () => Duplex): Duplex =>
    new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        setImmediate(() => other().push(chunk));
        done();
      },
      final(done) {
        other().push(null);
        done();
      },
    });
  const a: Duplex = make(() => b);
  const b: Duplex = make(() => a);
  return [a, b];
}

class Seen implements SessionEvents {
  connacks: Connack[] = [];
  granted: (readonly number[])[] = [];
  messages: { text: string; qos: number; dup: boolean }[] = [];
  acknowledged: { sequence: number; due: number; reason: number }[] = [];
  problems: MqbenchError[] = [];
  violations: string[] = [];
  onConnack(connack: Connack): void {
    this.connacks.push(connack);
  }
  onSuback(granted: readonly number[]): void {
    this.granted.push(granted);
  }
  onMessage(buffer: Buffer, start: number, end: number, qos: number, dup: boolean): void {
    this.messages.push({ text: buffer.toString('utf8', start, end), qos, dup });
  }
  onAcknowledged(_flow: number, sequence: number, due: number, _written: number, reason: number): void {
    this.acknowledged.push({ sequence, due, reason });
  }
  onTurn(): void {}
  onViolation({ code }: MqbenchError): void {
    this.violations.push(code);
  }
  onProblem(error: MqbenchError): void {
    this.problems.push(error);
  }
}

function client(over: Partial<SessionOptions> = {}): { session: Session; seen: Seen } {
  const seen = new Seen();
  const options = { version: 4 as const, clientId: 'c1', clean: true, keepaliveSeconds: 10, window: 5, ...over };
  return { session: new Session(options, new Outbox(), seen), seen };
}

const template = (qos: 0 | 1 | 2, version: 3 | 4 | 5 = 4, topic = 'a/b') =>
  new PublishTemplate({ topic, qos, version, payload: Buffer.from(`payload of QoS ${qos}`) });

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 2));
  expect(what()).toBe(true);
}

// aedes speaks 3.1 and 3.1.1; MQTT 5 is tried against mosquitto in test/e2e.
describe.each([3, 4] as const)('a session of protocol version %i with a real broker', (version) => {
  let broker: Aedes;
  beforeEach(async () => {
    broker = await Aedes.createBroker();
  });
  afterEach(() => new Promise<void>((resolve) => broker.close(resolve)));

  function attach(session: Session): Duplex {
    const [ours, theirs] = duplexPair();
    broker.handle(theirs);
    ours.on('data', (chunk: Buffer) => session.feed(chunk));
    ours.on('error', () => {});
    session.attach(ours);
    return ours;
  }

  it.each([0, 1, 2] as const)('subscribes, publishes and receives QoS %i once', async (qos) => {
    const { session, seen } = client({ version });
    attach(session);
    await until(() => seen.connacks.length === 1);
    expect(seen.connacks[0]).toMatchObject({ code: 0, sessionPresent: false });
    session.subscribe(1, [{ topic: 'a/+', qos }]);
    session.flush();
    await until(() => seen.granted.length === 1);
    expect(seen.granted[0]).toEqual([qos]);
    for (let sequence = 0; sequence < 5; sequence++)
      session.publish(template(qos, version), 0, sequence, 1000 + sequence, 1);
    session.flush();
    await until(() => seen.messages.length === 5 && (qos === 0 || seen.acknowledged.length === 5));
    expect(seen.messages).toEqual(Array(5).fill({ text: `payload of QoS ${qos}`, qos, dup: false }));
    if (qos > 0) {
      expect(seen.acknowledged.map((a) => [a.sequence, a.due])).toEqual([0, 1, 2, 3, 4].map((n) => [n, 1000 + n]));
    }
    expect(session.unacknowledged).toBe(0);
    expect(seen.problems).toEqual([]);
  });

  it('keeps to its window', async () => {
    const { session, seen } = client({ version, window: 2 });
    attach(session);
    await until(() => seen.connacks.length === 1);
    for (const sequence of [0, 1]) session.publish(template(1, version), 0, sequence, 0, 1);
    expect(session.hasRoom).toBe(false);
    session.flush();
    await until(() => session.hasRoom);
  });
});

/** A peer whose every word the test writes itself. */
function scripted(session: Session, protocolVersion = 4): { sent: Packet[]; say(packet: object): void; cut(): void } {
  const sent: Packet[] = [];
  const [ours, theirs] = duplexPair();
  const reader = parser({ protocolVersion } as never);
  reader.on('packet', (packet) => sent.push(packet));
  theirs.on('data', (chunk) => reader.parse(chunk));
  ours.on('data', (chunk: Buffer) => session.feed(chunk));
  session.attach(ours);
  return {
    sent,
    say: (packet) => void theirs.write(generate(packet as Packet, { protocolVersion } as never)),
    cut: () => session.detach(),
  };
}

describe('what is not acknowledged when the connection is cut', () => {
  it('goes out again with DUP when the server kept the session: PUBLISH of QoS 1, PUBLISH or PUBREL of QoS 2', async () => {
    const { session, seen } = client({ clean: false });
    const first = scripted(session);
    first.say({ cmd: 'connack', returnCode: 0, sessionPresent: false });
    await until(() => seen.connacks.length === 1);
    session.publish(template(1), 0, 0, 10, 1);
    session.publish(template(2), 1, 0, 11, 2);
    session.publish(template(2), 1, 1, 12, 3);
    session.flush();
    await until(() => first.sent.length === 4);
    const released = first.sent[2] as unknown as { messageId: number };
    first.say({ cmd: 'pubrec', messageId: released.messageId });
    await until(() => first.sent.length === 5);
    expect(first.sent[4]).toMatchObject({ cmd: 'pubrel', messageId: released.messageId });
    first.cut();

    const second = scripted(session);
    second.say({ cmd: 'connack', returnCode: 0, sessionPresent: true });
    await until(() => seen.connacks.length === 2);
    const again = session.resend((flow) => template(flow === 0 ? 1 : 2), true, 50);
    session.flush();
    expect(again).toBe(2);
    await until(() => second.sent.length === 4);
    expect(second.sent.slice(1)).toMatchObject([
      { cmd: 'publish', qos: 1, dup: true },
      { cmd: 'pubrel', messageId: released.messageId },
      { cmd: 'publish', qos: 2, dup: true },
    ]);
    for (const packet of second.sent.slice(1) as unknown as { cmd: string; qos: number; messageId: number }[]) {
      if (packet.qos === 1) second.say({ cmd: 'puback', messageId: packet.messageId });
      else if (packet.qos === 2) second.say({ cmd: 'pubrec', messageId: packet.messageId });
      second.say({ cmd: 'pubcomp', messageId: packet.messageId });
    }
    await until(() => session.unacknowledged === 0);
    expect(seen.acknowledged.map((a) => a.due).sort()).toEqual([10, 11, 12]);
  });

  it('goes out as new messages, without DUP, when the server has no session', async () => {
    const { session, seen } = client({ clean: false });
    const first = scripted(session);
    first.say({ cmd: 'connack', returnCode: 0, sessionPresent: false });
    await until(() => seen.connacks.length === 1);
    session.publish(template(2), 0, 0, 10, 1);
    session.flush();
    await until(() => first.sent.length === 2);
    first.say({ cmd: 'pubrec', messageId: (first.sent[1] as unknown as { messageId: number }).messageId });
    await until(() => first.sent.length === 3);
    first.cut();
    const second = scripted(session);
    second.say({ cmd: 'connack', returnCode: 0, sessionPresent: false });
    await until(() => seen.connacks.length === 2);
    expect(session.resend(() => template(2), false, 50)).toBe(1);
    session.flush();
    await until(() => second.sent.length === 2);
    expect(second.sent[1]).toMatchObject({ cmd: 'publish', qos: 2, dup: false });
  });
});

describe('MQTT 5', () => {
  async function connected(properties: object = {}) {
    const { session, seen } = client({ version: 5, window: 10 });
    const peer = scripted(session, 5);
    peer.say({ cmd: 'connack', reasonCode: 0, sessionPresent: false, properties });
    await until(() => seen.connacks.length === 1);
    return { session, seen, peer };
  }

  it('keeps to the receive maximum of the server', async () => {
    const { session } = await connected({ receiveMaximum: 2 });
    for (const sequence of [0, 1]) {
      expect(session.hasRoom).toBe(true);
      session.publish(template(1, 5), 0, sequence, 0, 1);
    }
    expect(session.hasRoom).toBe(false);
  });

  it('skips the properties of a message, however long', async () => {
    const { seen, peer } = await connected();
    const userProperties = { a: 'b'.repeat(300) };
    const message = { cmd: 'publish', topic: 'a', payload: 'hello', qos: 1, messageId: 3, retain: false, dup: false };
    peer.say({ ...message, properties: { userProperties, contentType: 'text/plain' } });
    await until(() => seen.messages.length === 1);
    expect(seen.messages[0]?.text).toBe('hello');
  });

  it('tells the reason of a refused publish and of a DISCONNECT in words', async () => {
    const { session, seen, peer } = await connected();
    session.publish(template(1, 5), 0, 0, 0, 1);
    session.publish(template(2, 5), 0, 1, 0, 1);
    session.flush();
    await until(() => peer.sent.length === 3);
    const [first, second] = peer.sent.slice(1) as unknown as { messageId: number }[];
    peer.say({ cmd: 'puback', messageId: first?.messageId, reasonCode: 0x87 });
    peer.say({ cmd: 'pubrec', messageId: second?.messageId, reasonCode: 0x97 });
    await until(() => seen.acknowledged.length === 2);
    expect(seen.acknowledged.map((a) => a.reason)).toEqual([0x87, 0x97]);
    expect(session.unacknowledged).toBe(0);
    peer.say({ cmd: 'disconnect', reasonCode: 0x8e });
    await until(() => seen.problems.length === 1);
    expect(seen.problems[0]?.message).toMatch(/session taken over \(0x8e\)/);
  });
});

describe('a session', () => {
  it('delivers a QoS 2 message once, however often the broker repeats it before PUBREL', async () => {
    const { session, seen } = client();
    const peer = scripted(session);
    peer.say({ cmd: 'connack', returnCode: 0, sessionPresent: false });
    const message = { cmd: 'publish', topic: 'a', payload: 'x', qos: 2, messageId: 9, retain: false };
    peer.say({ ...message, dup: false });
    peer.say({ ...message, dup: true });
    await until(() => peer.sent.filter((packet) => packet.cmd === 'pubrec').length === 2);
    expect(seen.messages).toHaveLength(1);
    peer.say({ cmd: 'pubrel', messageId: 9 });
    peer.say({ ...message, dup: false });
    await until(() => seen.messages.length === 2);
  });

  it('pings when nothing was written for three quarters of the keepalive, once per answer', async () => {
    let now = 0;
    const { session } = client({ keepaliveSeconds: 8, clock: () => now });
    const peer = scripted(session);
    peer.say({ cmd: 'connack', returnCode: 0, sessionPresent: false });
    await until(() => peer.sent.length === 1);
    session.checkKeepalive(5.9e6);
    expect(session.pingSentAt).toBe(0);
    now = 6e6;
    session.checkKeepalive(now);
    session.checkKeepalive(now + 1);
    await until(() => peer.sent.length === 2);
    expect(peer.sent[1]).toMatchObject({ cmd: 'pingreq' });
    expect(session.oldestOwed).toBe(6e6);
    peer.say({ cmd: 'pingresp' });
    await until(() => session.pingSentAt === 0);
    expect(peer.sent).toHaveLength(2);
  });

  it('goes on after an acknowledgement that nobody waits for, and tells of it', async () => {
    const { session, seen } = client();
    const peer = scripted(session);
    peer.say({ cmd: 'connack', returnCode: 0, sessionPresent: false });
    peer.say({ cmd: 'puback', messageId: 77 });
    peer.say({ cmd: 'pubcomp', messageId: 78 });
    peer.say({ cmd: 'pingresp' });
    await until(() => seen.violations.length === 3);
    expect(seen.violations).toEqual(['MQB_ACK_UNKNOWN', 'MQB_ACK_UNKNOWN', 'MQB_UNASKED']);
    expect(seen.acknowledged).toEqual([]);
    expect(seen.problems).toEqual([]);
  });

  it.each([
    [`HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n${'<p>no</p>'.repeat(20)}`, 'answered with HTTP'],
    ['HTTP/1.0 400\r\n\r\n', 'answered with HTTP'],
    ['\u0015\u0003\u0001\u0000\u0002\u0002\u0046', 'answered with an alert of TLS, so this port speaks TLS'],
    ['SSH-2.0-OpenSSH_9.2p1\r\n', 'answered as a server of SSH'],
    ['220 mail.example ESMTP\r\n', 'began with packet type 3 instead of CONNACK'],
  ])('reports bytes that are not MQTT instead of throwing, before they are a whole packet: %j', (bytes, says) => {
    const { session, seen } = client();
    scripted(session);
    session.feed(Buffer.from(bytes, 'latin1'));
    expect(seen.problems[0]?.code).toBe('MQB_PROTOCOL');
    expect(seen.problems[0]?.message).toContain(says);
  });
});
