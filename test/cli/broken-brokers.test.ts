import type { IPublishPacket } from 'mqtt-packet';
import { describe, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { type Peer, type Script, ScriptedBroker } from '../helpers/scripted-broker.js';
import { whole } from '../helpers/steady.js';

// Brokers that do one thing wrong. None of them may pass a gate, and each is told by what it did.

/** What a pubsub of 10 messages says of a broker: few enough to be over in time on a busy machine. */
async function pubsub(script: Script, more = ''): Promise<string> {
  const broker = await ScriptedBroker.open(script);
  try {
    const load = '--pubs 2 -i 1 --rate 20 -q 1 --duration 500ms --linger 1s --connect-timeout 2s';
    const args = `pubsub -h 127.0.0.1 -p ${broker.port} --workers 1 --quiet ${load} ${more}`;
    return whole(await runCli(args.trim().split(' ')));
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
/** A packet of two bytes that name a packet id. */
const about = (type: number, id: number): number[] => [type, 2, id >> 8, id & 0xff];
const puback = 0x40;
const pubrec = 0x50;
/** The usual, and with the acknowledgement something that nobody may send: to whom just published, which is no subscriber. */
const andThen = (bytes: (id: number) => readonly number[]): Script =>
  onPublish(({ messageId, ...packet }, peer) => {
    peer.write([...about(puback, messageId), ...bytes(messageId)]);
    peer.broker.deliver(packet as IPublishPacket);
  });

let turn = 0;
const broken: readonly [what: string, script: Script, more?: string][] = [
  ['acknowledges nothing', onPublish((packet, { broker }) => broker.deliver(packet))],
  [
    'acknowledges packet ids that nobody used',
    onPublish(({ messageId }, peer) => peer.write({ cmd: 'puback', messageId: messageId + 20_000 })),
  ],
  [
    'acknowledges all and delivers nothing',
    onPublish(({ messageId }, peer) => peer.write({ cmd: 'puback', messageId })),
  ],
  [
    'loses every third message that it acknowledged',
    onPublish((packet, peer) => {
      peer.write({ cmd: 'puback', messageId: packet.messageId });
      if (turn++ % 3 > 0) peer.broker.deliver(packet);
    }),
  ],
  [
    'refuses subscriptions',
    ({ cmd, messageId = 0 }, peer) => {
      if (cmd !== 'subscribe') return false;
      peer.write({ cmd: 'suback', messageId, granted: [0x80] });
      return true;
    },
  ],
  ['answers no subscription', ({ cmd }) => cmd === 'subscribe'],
  ['acknowledges four times', andThen((id) => [...about(puback, id), ...about(puback, id), ...about(puback, id)])],
  ['sends PUBREC after PUBACK', andThen((id) => about(pubrec, id))],
  [
    'answers QoS 2 with PUBACK, as RabbitMQ does',
    onPublish(({ messageId }, peer) => peer.write({ cmd: 'puback', messageId })),
    '-q 2',
  ],
  ['answers QoS 1 with PUBREC', onPublish(({ messageId }, peer) => peer.write({ cmd: 'pubrec', messageId }))],
  ['sends PUBLISH with QoS 3', andThen(() => [0x36, 6, 0, 1, 0x74, 0, 1, 0x78])],
  ['sends a topic that is not UTF-8', andThen(() => [0x30, 4, 0, 2, 0xc3, 0x28])],
  ['announces a packet of 256 MiB', andThen(() => [0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1])],
];

describe.concurrent('no gate passes over a broker that', () => {
  it.for(broken)('%s', async ([, script, more], { expect }) => {
    expect(await pubsub(script, more)).toMatchSnapshot();
  });

  it('does everything as it should: that one passes', async ({ expect }) => {
    expect(await pubsub(() => false)).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Clients    4 of 4 connected, asked 1,000/s, achieved RATE
      Messages   asked 20/s, achieved RATE acknowledged
      Received   10, RATE
      Latency
      Transport ready: 4
      CONNACK: 4
      Subscriber SUBACK: 2
      CONNACK from dial: 4
      PUBLISH to PUBACK: 10
      Written to PUBACK: 10
      Delivered: 10
      Longest silence: 2
      Ledger     QoS 1: 10 offered, 10 sent, 0 again, 10 acknowledged, 10 received, 0 duplicate, 0 out of order, 0 missing: promise kept
      Generator  PROCESSES"
    `);
  });

  it('answers publishes that went out again more than once: that is allowed', async ({ expect }) => {
    const late = onPublish((packet, peer) => {
      setTimeout(() => peer.write({ cmd: 'puback', messageId: packet.messageId }), 300);
      if (!packet.dup) peer.broker.deliver(packet);
    });
    const said = await pubsub(late, '--retry-interval 100ms');
    expect(said).toMatch(/^exit code 0$/m);
    expect(said).not.toMatch(/Failed|Errors/);
  });

  it('knows no shared subscriptions: told by name, and nothing is called broken that nobody promised', async ({
    expect,
  }) => {
    expect(await pubsub(() => false, '--pattern shared --subs 2')).toMatchInlineSnapshot(`
      "exit code 4
      standard output:
      Clients    4 of 4 connected, asked 1,000/s, achieved RATE
      Messages   asked 20/s, achieved RATE acknowledged
      Received   0, RATE
      Latency
      Transport ready: 4
      CONNACK: 4
      Subscriber SUBACK: 2
      CONNACK from dial: 4
      PUBLISH to PUBACK: 10
      Written to PUBACK: 10
      Longest silence: 2
      Ledger     QoS 1: 10 offered, 10 sent, 0 again, 10 acknowledged, 0 received, 0 duplicate, 0 out of order, 10 missing: nothing promised
      Generator  PROCESSES
      Note       no member of the shared subscriptions received anything: does this broker know $share? mqbench probe tells
      Failed     none of 10 deliveries arrived"
    `);
  });
});
