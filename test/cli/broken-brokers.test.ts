import type { IPublishPacket } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { type Peer, type Script, ScriptedBroker } from '../helpers/scripted-broker.js';

// Brokers that do one thing wrong. None of them may pass a gate, and each is told by what it did.

async function pubsub(script: Script, ...more: string[]) {
  const broker = await ScriptedBroker.open(script);
  try {
    return await runCli([
      ...['pubsub', '-h', '127.0.0.1', '-p', String(broker.port), '--workers', '1', '--quiet'],
      ...'--pubs 2 --rate 20 -q 1 --duration 1s --linger 500ms --connect-timeout 3s'.split(' '),
      ...more,
    ]);
  } finally {
    broker.close();
  }
}

/** What is done with each PUBLISH instead of the usual. */
const onPublish =
  (act: (packet: IPublishPacket & { messageId: number }, peer: Peer) => unknown): Script =>
  (packet, peer) => {
    if (packet.cmd !== 'publish') return false;
    return act(packet as IPublishPacket & { messageId: number }, peer) !== false;
  };
/** The usual, and then something that nobody may send: to whom just published, which is no subscriber. */
const andThen = (act: (id: number, peer: Peer) => void): Script =>
  onPublish(({ messageId, ...packet }, peer) => {
    peer.write({ cmd: 'puback', messageId });
    peer.broker.deliver(packet as IPublishPacket);
    act(messageId, peer);
  });

let turn = 0;
const broken: readonly [what: string, script: Script, says: RegExp, more?: readonly string[]][] = [
  [
    'acknowledges nothing',
    onPublish((packet, { broker }) => broker.deliver(packet)),
    /none of \d+ publishes was acknowledged/,
  ],
  [
    'acknowledges packet ids that nobody used',
    onPublish(({ messageId }, peer) => peer.write({ cmd: 'puback', messageId: messageId + 20_000 })),
    /the peer broke the protocol \d+ times \(MQB_ACK_UNKNOWN\)/,
  ],
  [
    'acknowledges all and delivers nothing',
    onPublish(({ messageId }, peer) => peer.write({ cmd: 'puback', messageId })),
    /none of \d+ deliveries arrived/,
  ],
  [
    'loses every third message that it acknowledged',
    onPublish((packet, peer) => {
      peer.write({ cmd: 'puback', messageId: packet.messageId });
      if (turn++ % 3 > 0) peer.broker.deliver(packet);
    }),
    /the promise of QoS 1 was broken: \d+ missing/,
  ],
  [
    'refuses subscriptions',
    ({ cmd, messageId = 0 }, peer) => {
      if (cmd !== 'subscribe') return false;
      peer.write({ cmd: 'suback', messageId, granted: [0x80] });
      return true;
    },
    /2 subscriptions were refused \(MQB_SUBACK_128\)/,
  ],
  ['answers no subscription', ({ cmd }) => cmd === 'subscribe', /2 subscriptions were never answered/],
  [
    'acknowledges four times',
    andThen((messageId, peer) => {
      for (let i = 0; i < 3; i++) peer.write({ cmd: 'puback', messageId });
    }),
    /the peer broke the protocol 60 times \(MQB_ACK_TWICE\)/,
  ],
  [
    'sends PUBREC after PUBACK',
    andThen((messageId, peer) => peer.write({ cmd: 'pubrec', messageId })),
    /the broker sent PUBREC for a publish that it had acknowledged already \(MQB_ACK_TWICE\)/,
  ],
  [
    'answers QoS 2 with PUBACK, as RabbitMQ does',
    onPublish(({ messageId }, peer) => peer.write({ cmd: 'puback', messageId })),
    /the broker answers QoS 2 with PUBACK \(MQB_ACK_KIND\)/,
    ['-q', '2'],
  ],
  [
    'answers QoS 1 with PUBREC',
    onPublish(({ messageId }, peer) => peer.write({ cmd: 'pubrec', messageId })),
    /the broker answers QoS 1 with PUBREC \(MQB_ACK_KIND\)/,
  ],
  [
    'sends PUBLISH with QoS 3',
    andThen((_, peer) => peer.write([0x36, 6, 0, 1, 0x74, 0, 1, 0x78])),
    /a PUBLISH with QoS 3, which MQTT forbids \(MQB_PROTOCOL\)/,
  ],
  [
    'sends a topic that is not UTF-8',
    andThen((_, peer) => peer.write([0x30, 4, 0, 2, 0xc3, 0x28])),
    /a PUBLISH whose topic is not UTF-8, which MQTT forbids \(MQB_PROTOCOL\)/,
  ],
  [
    'announces a packet of 256 MiB',
    andThen((_, peer) => peer.write([0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1])),
    /announced a packet of 268 MB, .* \(MQB_PACKET_SIZE\)/,
  ],
];

describe('no gate passes over a broker that', () => {
  it.each(broken)('%s', { timeout: 60_000 }, async (_, script, says, more = []) => {
    const { code, stdout } = await pubsub(script, ...more);
    expect(stdout).toMatch(says);
    expect(stdout).toMatch(/^Failed {5}/m);
    expect(code).toBe(4);
  });

  it('does everything as it should: that one passes', { timeout: 60_000 }, async () => {
    const { code, stdout } = await pubsub(() => false);
    expect(stdout).not.toMatch(/Failed|Errors/);
    expect(stdout).toMatch(/20 received.*promise kept/);
    expect(code).toBe(0);
  });

  it('answers publishes that went out again more than once: that is allowed', { timeout: 60_000 }, async () => {
    const late = onPublish((packet, peer) => {
      setTimeout(() => peer.write({ cmd: 'puback', messageId: packet.messageId }), 300);
      if (!packet.dup) peer.broker.deliver(packet);
    });
    const { code, stdout } = await pubsub(late, '--retry-interval', '100ms');
    expect(stdout).not.toMatch(/Failed|Errors/);
    expect(code).toBe(0);
  });
});

describe('a shared subscription at a broker that does not know them', () => {
  it('is told by name, and nothing is called broken that nobody promised', { timeout: 60_000 }, async () => {
    const { code, stdout } = await pubsub(() => false, '--pattern', 'shared', '--subs', '2');
    expect(stdout).toMatch(/no member of the shared subscriptions received anything: does this broker know \$share\?/);
    expect(stdout).toMatch(/missing: nothing promised/);
    expect(code).toBe(4);
  });
});
