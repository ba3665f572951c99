import { createServer, type Server, type Socket } from 'node:net';
import { generate, type IPublishPacket, type Packet, parser } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';

import { hasMosquitto, Mosquitto } from '../broker/mosquitto.js';
import { runCli } from '../helpers/cli.js';
import { planMeant } from '../helpers/plan-meant.js';
import { whole } from '../helpers/steady.js';

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
    const outcome = await pub(
      reader.port,
      ...'-V 5 -t alias/topic/%t --topics 3 -c 1 -q 1 --rate 200 -L 30 --topic-alias'.split(' '),
    );
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
    expect(whole(outcome)).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Clients    1 of 1 connected
      Messages   asked 200/s, achieved RATE acknowledged
      Latency
      Transport ready: 1
      CONNACK: 1
      CONNACK from dial: 1
      PUBLISH to PUBACK: 30
      Written to PUBACK: 30
      Ledger     QoS 1: 30 offered, 30 sent, 0 again, 30 acknowledged: no subscriber in this run
      Generator  PROCESSES
      Note       18 publishes went out with an alias instead of their topic"
    `);
    await reader.close();
  });

  it.each([
    '--message-expiry-interval 5 --content-type a',
    '--topic-alias',
    '--stamp property',
    '-V 5 --payload-format-indicator',
    '-V 5 --response-topic a/#',
    '-V 5 --topic-alias -t a/%s',
  ])('%s is refused', async (flags) => {
    await expect(planMeant(`pub ${flags.includes('-t ') ? '' : '-t a '}${flags}`)).rejects.toMatchSnapshot();
  });

  it('an alias is refused beside what may put messages in another order, or lose the first', async () => {
    const line = 'pub quic://localhost -t a -V 5 --topic-alias --streams per-topic --datagrams';
    expect(whole(await runCli(line.split(' ')))).toMatchSnapshot();
  });

  it('refused, nothing starts', async () => {
    const line = 'pub -t a -V 3.1.1 --message-expiry-interval 5';
    expect(whole(await runCli(line.split(' ')))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: --message-expiry-interval is of MQTT 5: add -V 5"
    `);
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

  it.concurrent.for(['-m hello', '-s 19', '-s 20'])(
    'absent, it says why and how to get it: %s',
    async (payload, { expect }) => {
      const args = `pub -t a -c 1 -q 1 --rate 100 -L 5 ${payload}`.split(' ');
      expect(whole(await runCli([...args, ...at]))).toMatchSnapshot();
    },
  );

  it('pubsub refuses a payload without room for the stamp instead of calling its messages lost', async () => {
    expect(whole(await runCli(['pubsub', ...at, '-s', '10']))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: -s 10 has no room for the 20 bytes by which messages are measured on arrival: at least 20, or -V 5 --stamp property"
    `);
  });
});

if (!hasMosquitto) process.stderr.write('skipped: stamps in user properties against mosquitto: not installed\n');

describe.runIf(hasMosquitto)('--stamp property, through a broker of MQTT 5', () => {
  let mosquitto: Mosquitto;
  beforeAll(async () => {
    mosquitto = await Mosquitto.start();
  });
  afterAll(() => mosquitto.end());

  it.concurrent.for([
    ['literal', '-m hi'],
    ['template', '--template {"n":%s}'],
    ['small size', '-s 0'],
  ] as const)(
    'measures a %s payload from end to end, and keeps its books; aliases go with it',
    async ([name, payload], { expect }) => {
      const at = `pubsub -h 127.0.0.1 -p ${mosquitto.ports.tcp} -t stamp/${name.replace(' ', '-')}/%i`;
      const load = '-V 5 --stamp property --pubs 2 -i 1 --rate 100 -q 1 -F 10 -L 40 --topic-alias --quiet';
      // 38 of 40 with an alias: mosquitto's Topic Alias Maximum is 10.
      expect(whole(await runCli(`${at} ${load} ${payload}`.split(' ')))).toMatchSnapshot();
    },
  );
});
