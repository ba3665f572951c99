import { createServer, type Server, type Socket } from 'node:net';
import { generate, type IPublishPacket, type Packet, parser } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { LoadFlags } from '../../src/cli/load-flags.js';
import { propertyProblems } from '../../src/cli/load-message.js';
import { hasMosquitto, Mosquitto } from '../broker/mosquitto.js';
import { runCli } from '../helpers/cli.js';

/** A server of MQTT 5 that acknowledges and keeps what it reads, and how many bytes each connection sent. */
interface Reader {
  readonly port: number;
  readonly published: (IPublishPacket & { client: string })[];
  readonly connects: Packet[];
  close(): Promise<void>;
}

async function openReader(topicAliasMaximum: number): Promise<Reader> {
  const published: Reader['published'] = [];
  const connects: Packet[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    const say = (packet: object): void => void socket.write(generate(packet as Packet, { protocolVersion: 5 }));
    const reader = parser({ protocolVersion: 5 });
    let client = '';
    reader.on('packet', (packet) => {
      if (packet.cmd === 'connect') {
        connects.push(packet);
        client = packet.clientId;
        say({ cmd: 'connack', reasonCode: 0, sessionPresent: false, properties: { topicAliasMaximum } });
      } else if (packet.cmd === 'publish') {
        published.push({ ...packet, client } as Reader['published'][number]);
        if (packet.qos === 1) say({ cmd: 'puback', messageId: packet.messageId, reasonCode: 0 });
      } else if (packet.cmd === 'disconnect') socket.end();
    });
    socket.on('data', (chunk) => reader.parse(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const close = (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { port, published, connects, close };
}

const pub = (port: number, ...args: string[]) =>
  runCli(['pub', '-h', '127.0.0.1', '-p', String(port), '-i', '1', '--quiet', ...args]);

describe('properties of PUBLISH', () => {
  it('are on the wire, with variables filled in, and those of CONNECT in CONNECT', async () => {
    const reader = await openReader(0);
    const { code } = await pub(
      reader.port,
      ...'-V 5 --prefix mqbench-pub- -t p -c 2 -q 1 --rate 100 -L 4 -m {} --message-expiry-interval 60 --content-type application/json'.split(
        ' ',
      ),
      ...'--payload-format-indicator --response-topic reply/%c --correlation-data n%s'.split(' '),
      ...'--publish-user-property site=%i --publish-user-property site=x --user-property who=me'.split(' '),
    );
    expect(code).toBe(0);
    expect(reader.published).toHaveLength(4);
    const second = reader.published.filter(({ client }) => client === 'mqbench-pub-1')[1];
    expect(second).toMatchObject({
      topic: 'p',
      properties: {
        payloadFormatIndicator: true,
        messageExpiryInterval: 60,
        contentType: 'application/json',
        responseTopic: 'reply/mqbench-pub-1',
        correlationData: Buffer.from('n1'),
        userProperties: { site: ['1', 'x'] },
      },
    });
    expect(String(second?.payload)).toBe('{}');
    expect((reader.connects[0] as { properties?: object }).properties).toMatchObject({ userProperties: { who: 'me' } });
    await reader.close();
  });

  it('--topic-alias: the alias alone after the first message, and no more aliases than the broker takes', async () => {
    const reader = await openReader(2);
    const { code, stdout } = await pub(
      reader.port,
      ...'-V 5 -t alias/topic/%t --topics 3 -c 1 -q 1 --rate 200 -L 30 --topic-alias'.split(' '),
    );
    expect(code).toBe(0);
    const topics = reader.published.map(({ topic, properties }) => `${topic}:${properties?.topicAlias ?? '-'}`);
    expect(topics.slice(0, 6)).toEqual([
      'alias/topic/0:1',
      'alias/topic/1:2',
      'alias/topic/2:-',
      ':1',
      ':2',
      'alias/topic/2:-',
    ]);
    expect(topics).toHaveLength(30);
    expect(stdout).toContain('18 publishes went out with an alias instead of their topic');
    await reader.close();
  });

  it.each([
    [
      { messageExpiryInterval: 5, contentType: 'a' },
      /--content-type is of MQTT 5: add -V 5\n--message-expiry-interval is/,
    ],
    [{ topicAlias: true }, /--topic-alias is of MQTT 5/],
    [{ stamp: 'property' }, /--stamp property is a user property, which MQTT 5 has/],
    [{ mqttVersion: 5, payloadFormatIndicator: true }, /the one mqbench makes is not/],
    [{ mqttVersion: 5, responseTopic: 'a/#' }, /no \+ and # in it/],
    [{ mqttVersion: 5, topicAlias: true, topic: ['a/%s'] }, /every message has its own/],
    [{ mqttVersion: 5, topicAlias: true, streams: 'per-topic', datagrams: true }, /order of one stream.*may lose it/s],
  ] as [Partial<LoadFlags>, RegExp][])('%j is refused', (flags, says) => {
    expect(propertyProblems({ mqttVersion: 4, stamp: 'payload', ...flags } as LoadFlags).join('\n')).toMatch(says);
  });

  it('refused, nothing starts: exit 2', async () => {
    const { code, stderr } = await runCli(['pub', '-t', 'a', '-V', '3.1.1', '--message-expiry-interval', '5']);
    expect(stderr).toMatch(/--message-expiry-interval is of MQTT 5: add -V 5/);
    expect(code).toBe(2);
  });
});

describe('end-to-end latency of payloads of the user', () => {
  let broker: BrokerHandle;
  let at: string[];
  beforeAll(async () => {
    broker = await startBroker({ listeners: { tcp: { port: 0 } } });
    at = ['-h', '127.0.0.1', '-p', String(broker.ready.addresses.tcp?.port), '-i', '1', '--quiet'];
  });
  afterAll(() => broker.close());

  it('absent, it says why and how to get it', async () => {
    const { stdout } = await runCli(['pub', ...at, ...'-t a -c 1 -q 1 --rate 100 -L 5 -m hello'.split(' ')]);
    expect(stdout).toMatch(/Note {7}no end-to-end latency: payloads of the user go out as they are.*--stamp property/);
    const small = await runCli(['pub', ...at, ...'-t a -c 1 -q 1 --rate 100 -L 5 -s 19'.split(' ')]);
    expect(small.stdout).toMatch(/payloads below 20 B have no room for a stamp/);
    const own = await runCli(['pub', ...at, ...'-t a -c 1 -q 1 --rate 100 -L 5 -s 20'.split(' ')]);
    expect(own.stdout).not.toContain('Note');
  });

  it('pubsub refuses a payload without room for the stamp instead of calling its messages lost', async () => {
    const { code, stderr } = await runCli(['pubsub', ...at, '-s', '10']);
    expect(stderr).toMatch(/-s 10 has no room for them/);
    expect(code).toBe(2);
  });
});

if (!hasMosquitto) process.stderr.write('skipped: stamps in user properties against mosquitto: not installed\n');

describe.runIf(hasMosquitto)('--stamp property, through a broker of MQTT 5', () => {
  it.each([
    ['literal', ['-m', 'hi']],
    ['template', ['--template', '{"n":%s}']],
    ['small size', ['-s', '0']],
  ])('measures a %s payload from end to end, and keeps its books; aliases go with it', async (_, payload) => {
    const mosquitto = await Mosquitto.start();
    const { code, stdout } = await runCli([
      ...['pubsub', '-h', '127.0.0.1', '-p', String(mosquitto.ports.tcp), '-V', '5', '--stamp', 'property'],
      ...'--pubs 2 -i 1 --rate 100 -q 1 -F 10 -L 40 --topic-alias --quiet'.split(' '),
      ...payload,
    ]);
    await mosquitto.end();
    expect(stdout).toMatch(/40 acknowledged, 40 received, 0 duplicate, 0 out of order, 0 missing: promise kept/);
    expect(stdout).toMatch(/publish due → received .* 40\n/);
    expect(stdout).toContain('38 publishes went out with an alias'); // mosquitto's Topic Alias Maximum is 10
    expect(code).toBe(0);
  });
});
