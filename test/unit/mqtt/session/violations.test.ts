import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { MqbenchError } from '../../../../src/base/errors.js';
import type { Qos } from '../../../../src/mqtt/codec/packet-types.js';
import { PublishTemplate } from '../../../../src/mqtt/codec/publish-template.js';
import { Outbox } from '../../../../src/mqtt/session/outbox.js';
import { Session } from '../../../../src/mqtt/session/session.js';

/** A session that has its CONNACK, and what it says of what it is fed. */
function connected(version: 4 | 5 = 4, mostBytes?: number) {
  const violations: string[] = [];
  const problems: string[] = [];
  const acknowledged: number[] = [];
  let messages = 0;
  let now = 1;
  const events = {
    onConnack: () => {},
    onSuback: () => {},
    onMessage: () => {
      messages++;
    },
    onAcknowledged: (_: number, sequence: number) => void acknowledged.push(sequence),
    onTurn: () => {},
    onProblem: ({ code }: MqbenchError) => void problems.push(code),
    onViolation: ({ code }: MqbenchError) => void violations.push(code),
  };
  const options = { version, clientId: 'c', clean: true, keepaliveSeconds: 60, window: 10, clock: () => now };
  const session = new Session({ ...options, ...(mostBytes === undefined ? {} : { mostBytes }) }, new Outbox(), events);
  session.attach(new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() }));
  session.feed(Buffer.from(version === 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]));
  let sequence = 0;
  const publish = (qos: Qos): void => {
    const template = new PublishTemplate({ topic: 'a', qos, version, payload: Buffer.from('x') });
    session.publish(template, 0, sequence++, 0, now);
    session.flush();
  };
  const feed = (...bytes: number[]): void => session.feed(Buffer.from(bytes));
  const pass = (micros: number): void => {
    now += micros;
  };
  return { session, publish, feed, pass, violations, problems, acknowledged, messages: () => messages };
}

describe('acknowledgements that no broker may send', () => {
  const cases: readonly [what: string, published: Qos, bytes: readonly number[], told: string][] = [
    ['PUBACK without any publish', 0, [0x40, 2, 0, 1], 'MQB_ACK_UNKNOWN'],
    ['PUBACK with an id not used yet', 1, [0x40, 2, 0, 2], 'MQB_ACK_UNKNOWN'],
    ['PUBACK with id 0', 1, [0x40, 2, 0, 0], 'MQB_ACK_UNKNOWN'],
    ['PUBACK twice', 1, [0x40, 2, 0, 1, 0x40, 2, 0, 1], 'MQB_ACK_TWICE'],
    ['PUBREC after PUBACK', 1, [0x40, 2, 0, 1, 0x50, 2, 0, 1], 'MQB_ACK_TWICE'],
    ['PUBREC to QoS 1', 1, [0x50, 2, 0, 1], 'MQB_ACK_KIND'],
    ['PUBCOMP to QoS 1', 1, [0x70, 2, 0, 1], 'MQB_ACK_KIND'],
    ['PUBACK to QoS 2', 2, [0x40, 2, 0, 1], 'MQB_ACK_KIND'],
    ['PUBACK to QoS 2 after PUBREC', 2, [0x50, 2, 0, 1, 0x40, 2, 0, 1], 'MQB_ACK_KIND'],
    ['PUBCOMP before PUBREC', 2, [0x70, 2, 0, 1], 'MQB_ACK_KIND'],
    ['PUBREC twice', 2, [0x50, 2, 0, 1, 0x50, 2, 0, 1], 'MQB_ACK_TWICE'],
    ['PUBCOMP twice', 2, [0x50, 2, 0, 1, 0x70, 2, 0, 1, 0x70, 2, 0, 1], 'MQB_ACK_TWICE'],
    ['PINGRESP that nobody asked for', 0, [0xd0, 0], 'MQB_UNASKED'],
    ['SUBACK that nobody asked for', 0, [0x90, 3, 0, 1, 0], 'MQB_UNASKED'],
  ];
  it.each(cases)('%s', (_, qos, bytes, told) => {
    const scene = connected();
    if (qos > 0) scene.publish(qos);
    scene.feed(...bytes);
    expect([scene.violations, scene.problems]).toEqual([[told], []]);
  });

  it('SUBACK of another SUBSCRIBE', () => {
    const scene = connected();
    scene.session.subscribe(7, [{ topic: 'a', qos: 0 }]);
    scene.feed(0x90, 3, 0, 8, 0);
    expect([scene.violations, scene.problems]).toEqual([['MQB_ACK_UNKNOWN'], []]);
  });

  it('are none in the usual exchanges', () => {
    const scene = connected();
    scene.publish(1);
    scene.publish(2);
    scene.feed(0x40, 2, 0, 1, 0x50, 2, 0, 2, 0x70, 2, 0, 2);
    scene.session.ping();
    scene.feed(0xd0, 0);
    expect([scene.violations, scene.problems, scene.acknowledged]).toEqual([[], [], [0, 1]]);
  });

  it('are excused once for each publish that went out again, and no further', () => {
    const scene = connected();
    scene.publish(1);
    const template = new PublishTemplate({ topic: 'a', qos: 1, version: 4, payload: Buffer.from('x') });
    scene.session.retry(() => template, 10, 20);
    scene.session.flush();
    scene.feed(0x40, 2, 0, 1, 0x40, 2, 0, 1);
    expect(scene.violations).toEqual([]);
    for (let i = 0; i < 4; i++) scene.feed(0x40, 2, 0, 1);
    expect(scene.violations.length).toBeGreaterThanOrEqual(3);
  });
});

describe('packets that cannot be read', () => {
  const topic = [0, 1, 0x74];
  const cases: readonly [string, readonly number[], (4 | 5)?][] = [
    ['QoS 3', [0x36, 5, ...topic, 0, 1]],
    ['packet id 0', [0x32, 5, ...topic, 0, 0]],
    ['a topic longer than the packet', [0x30, 4, 0, 9, 0x74, 0x74]],
    ['no topic', [0x30, 2, 0, 0]],
    ['a topic with a zero', [0x30, 4, 0, 2, 0x74, 0]],
    ['a topic with +', [0x30, 4, 0, 2, 0x74, 0x2b]],
    ['a topic with #', [0x30, 4, 0, 2, 0x23, 0x74]],
    ['a topic with half a character', [0x30, 3, 0, 1, 0xc3]],
    ['a topic with a surrogate', [0x30, 5, 0, 3, 0xed, 0xa0, 0x80]],
    ['an over-long form in a topic', [0x30, 4, 0, 2, 0xc0, 0xaf]],
    ['properties longer than the packet', [0x30, 5, ...topic, 9, 1], 5],
    ['PUBACK without an id', [0x40, 0]],
    ['PUBACK of half an id', [0x40, 1, 0]],
    ['PUBACK with more than an id', [0x40, 3, 0, 1, 0]],
    ['PUBACK with flags', [0x41, 2, 0, 1]],
    ['PUBREL without its flag', [0x60, 2, 0, 1]],
    ['a second CONNACK', [0x20, 2, 0, 0]],
    ['CONNECT', [0x10, 0]],
    ['type 0', [0x00, 0]],
  ];
  it.each(cases)('%s', (_, bytes, version = 4) => {
    const scene = connected(version);
    scene.feed(...bytes);
    expect([scene.problems, scene.messages()]).toEqual([['MQB_PROTOCOL'], 0]);
  });

  it.each([
    ['too many codes', [0x90, 4, 0, 1, 0, 0]],
    ['no code', [0x90, 2, 0, 1]],
    ['a QoS that does not exist', [0x90, 3, 0, 1, 3]],
  ])('SUBACK with %s', (_, bytes) => {
    const scene = connected();
    scene.session.subscribe(1, [{ topic: 'a', qos: 0 }]);
    scene.feed(...bytes);
    expect(scene.problems).toEqual(['MQB_PROTOCOL']);
  });

  it('are refused as soon as they announce more than may come', () => {
    const small = connected(4, 1000);
    small.feed(0x30, 0xe9, 0x07, 0);
    expect(small.problems).toEqual(['MQB_PACKET_SIZE']);
    const control = connected();
    control.feed(0x90, 0xff, 0xff, 0xff, 0x7f, 0);
    expect(control.problems).toEqual(['MQB_PACKET_SIZE']);
  });

  it('are none where a topic is beyond ASCII', () => {
    const scene = connected();
    scene.feed(0x30, 4, 0, 2, 0xc3, 0xa4);
    expect([scene.problems, scene.messages()]).toEqual([[], 1]);
  });

  it('that were begun and of which most never came are told when measuring stops', () => {
    const scene = connected();
    scene.feed(0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x74);
    const told = (): string[] => {
      const codes: string[] = [];
      scene.session.eachUnfinished(scene.session.lastRead + 1, ({ code }) => codes.push(code));
      return codes;
    };
    expect(told()).toEqual([]);
    scene.pass(2e6);
    scene.feed(0x78);
    expect(told()).toEqual(['MQB_UNFINISHED']);
  });
});
