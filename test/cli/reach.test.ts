import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { IConnectPacket, IPublishPacket, Packet } from 'mqtt-packet';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadPlans } from '../../src/run/plan.js';
import { planCells } from '../../src/scenario/matrix.js';
import { readScenario } from '../../src/scenario/read.js';
import {
  createAuthority,
  issueLeaf,
  type KeyPair,
  type ServerCertificates,
  throwAwayCertificates,
} from '../../src/transport/tls/certs.js';
import { runCli } from '../helpers/cli.js';
import { planMeant } from '../helpers/plan-meant.js';
import { ScriptedBroker } from '../helpers/scripted-broker.js';

// What scenario files reach as the command line does: properties of wills and CONNECT, and what is said in handshakes.

const folder = mkdtempSync(join(tmpdir(), 'mqbench-reach-'));
afterAll(() => rmSync(folder, { recursive: true }));

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const file = (arms: string, load: string, brokers = '[mosquitto]') =>
  `title: t\narms: ${arms}\nbrokers: ${brokers}\nnetwork: none\nload: { duration: 1s, ${load} }\n`;
const refusing = (text: string): string => {
  try {
    readScenario(text, join(folder, 'x.yaml'));
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

const willInFile = `will: { topic: gone/%c, payload: bye, qos: 1, retain: true, delay: 5s, messageExpiry: 30s, contentType: text,
  responseTopic: 're/%i', correlationData: 'c%i', payloadFormatIndicator: true, userProperties: { unit: '%i' } }`;
const willInFlags =
  '--will-topic gone/%c --will-payload bye --will-qos 1 --will-retain --will-delay-interval 5 --will-message-expiry-interval 30 ' +
  '--will-content-type text --will-response-topic re/%i --will-correlation-data c%i --will-payload-format-indicator --will-user-property unit=%i';

/** All CONNECTs and PUBLISHes that come of a run of this file against a broker that only listens. */
async function heard(load: string): Promise<{ connects: IConnectPacket[]; publishes: IPublishPacket[] }> {
  const connects: IConnectPacket[] = [];
  const publishes: IPublishPacket[] = [];
  const broker = await ScriptedBroker.open((packet: Packet) => {
    if (packet.cmd === 'connect') connects.push(packet);
    if (packet.cmd === 'publish') publishes.push(packet);
    return false;
  });
  closing.push(() => broker.close());
  write('heard.yaml', file('[tcp]', load, `[{ name: us, url: { tcp: 'mqtt://127.0.0.1:${broker.port}' } }]`));
  const { code, stderr } = await runCli(['run', 'heard.yaml', '--out', 'heard'], { cwd: folder });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const isOurs = ({ clientId }: IConnectPacket): boolean => /^mqb-tcp-\d+$/.test(clientId);
  return { connects: connects.filter(isOurs), publishes };
}

describe('a will with the properties of MQTT 5', () => {
  it('means in a file what it means on the command line', async () => {
    const { will } = readScenario(file('[tcp]', `mqttVersion: 5, ${willInFile}`), 'x.yaml').load;
    expect(plain(will)).toEqual(plain((await planMeant(`conn -V 5 ${willInFlags}`)).will));
  });

  it('is what the broker hears in CONNECT, with the variables of each client', async () => {
    const { connects } = await heard(
      `mqttVersion: 5, clients: 2, requestResponseInformation: true, requestProblemInformation: false, ${willInFile}`,
    );
    const [first, second] = connects.sort((a, b) => a.clientId.localeCompare(b.clientId));
    expect(plain(first?.will?.properties)).toEqual(
      plain({
        ...{ willDelayInterval: 5, messageExpiryInterval: 30, contentType: 'text', responseTopic: 're/0' },
        ...{ correlationData: Buffer.from('c0'), payloadFormatIndicator: true, userProperties: { unit: '0' } },
      }),
    );
    expect(first).toMatchObject({ will: { topic: 'gone/mqb-tcp-0', qos: 1, retain: true } });
    expect(first?.properties).toMatchObject({ requestResponseInformation: true, requestProblemInformation: false });
    expect(second?.will?.properties).toMatchObject({ responseTopic: 're/1' });
  });

  it('is refused where it cannot be, all of it at once', async () => {
    expect(refusing(file('[tcp]', willInFile)).match(/load\.will\.\w+: is of MQTT 5/g)).toHaveLength(7);
    expect(refusing(file('[tcp]', "mqttVersion: 5, will: { topic: a, responseTopic: 'a/#', delay: 1500ms }"))).toMatch(
      /delay: is whole seconds/,
    );
    expect(refusing(file('[tcp]', "mqttVersion: 5, will: { topic: a, responseTopic: 'a/#' }"))).toMatch(
      /load\.will\.responseTopic: is a topic to publish to/,
    );
    await expect(planMeant('conn --will-delay-interval 5')).rejects.toThrow(
      /--will-delay-interval is of MQTT 5: add -V 5\n.*--will-delay-interval is of a will, and there is none: give --will-topic, too/,
    );
  });
});

it('payloads that are said to be UTF-8 are those of the user', async () => {
  const { publishes } = await heard(
    'mqttVersion: 5, clients: 1, publish: { topic: a, qos: 0, rate: 5/s, message: grüß, payloadFormatIndicator: true }',
  );
  expect(publishes.length).toBeGreaterThan(3);
  expect(publishes.every(({ properties }) => properties?.payloadFormatIndicator === true)).toBe(true);
  expect(refusing(file('[tcp]', 'mqttVersion: 5, publish: { topic: a, payloadFormatIndicator: true }'))).toMatch(
    /payloadFormatIndicator: says that the payload is UTF-8, and the one mqbench makes is not/,
  );
});

it('a first connect is tried again as often as the file says', () => {
  const { reconnect } = readScenario(file('[tcp]', 'reconnect: { connectTries: 3, tries: 5 }'), 'x.yaml').load;
  expect(reconnect).toMatchObject({ connectTries: 3, tries: 5 });
});

describe('handshakes', () => {
  let certificates: ServerCertificates;
  let authority: KeyPair;
  const said: { sni: unknown; alpn: unknown; cipher: string; by: string | undefined }[] = [];
  beforeAll(async () => {
    certificates = await throwAwayCertificates();
    write('ca.pem', certificates.ca);
    authority = await createAuthority('clients');
    const own = await issueLeaf(authority, ['fleet.example']);
    write('client.pem', own.cert);
    write('client.key', own.key);
  });

  /** A listener that hands plain MQTT on to a broker that only listens. */
  async function inFront(make: (to: (socket: NodeJS.ReadWriteStream) => void) => Server): Promise<number> {
    const broker = await ScriptedBroker.open(() => false);
    const server = make((socket) => {
      const on = connect(broker.port, '127.0.0.1');
      socket.on('error', () => on.destroy());
      on.on('error', () => {});
      socket.pipe(on).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(
      () => server.close(),
      () => broker.close(),
    );
    return (server.address() as AddressInfo).port;
  }

  it('of TLS say what the arm says: name, protocols, suites, groups and certificate', async () => {
    const { cert, key } = certificates;
    const port = await inFront((hand) =>
      createTlsServer(
        {
          cert,
          key,
          ca: authority.cert,
          requestCert: true,
          rejectUnauthorized: true,
          ALPNProtocols: ['x-amzn-mqtt-ca'],
        },
        (socket: TLSSocket) => {
          const by = socket.getPeerCertificate().subject?.CN?.toString();
          said.push({
            sni: (socket as { servername?: unknown }).servername,
            alpn: socket.alpnProtocol,
            cipher: socket.getCipher().name,
            by,
          });
          hand(socket);
        },
      ),
    );
    const tls =
      'tls: { serverName: localhost, alpn: [x-amzn-mqtt-ca], ciphers: [TLS_AES_256_GCM_SHA384], groups: [x25519], signatureAlgorithms: [ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256], cert: client.pem, key: client.key }';
    const broker = `[{ name: us, url: { tls: 'mqtts://127.0.0.1:${port}' }, ca: ${join(folder, 'ca.pem')} }]`;
    write('tls.yaml', file(`[{ transport: tls, ${tls} }]`, 'clients: 2', broker));
    const { code, stdout, stderr } = await runCli(['run', 'tls.yaml', '--out', 'tls'], { cwd: folder });
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    expect(said.length).toBeGreaterThan(2); // the broker is asked before the cells, in the same way
    for (const one of said)
      expect(one).toEqual({
        sni: 'localhost',
        alpn: 'x-amzn-mqtt-ca',
        cipher: 'TLS_AES_256_GCM_SHA384',
        by: expect.any(String),
      });
  });

  it('of WebSocket say what the arm says, with the values of variables', async () => {
    const requests: string[] = [];
    const port = await inFront(() =>
      createServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', (chunk) => {
          requests.push(chunk.toString('latin1'));
          socket.destroy();
        });
      }),
    );
    const arm =
      "{ transport: ws, ws: { path: '/v2?tenant=a', headers: { X-Fleet: north, Authorization: $REACH_TOKEN } } }";
    const text = file(`[${arm}]`, 'clients: 1', `[{ name: us, url: { ws: 'ws://127.0.0.1:${port}' } }]`);
    write('ws.yaml', text);
    const unset = await runCli(['run', 'ws.yaml', '--out', 'ws'], { cwd: folder });
    expect([unset.code, unset.stderr]).toEqual([
      2,
      expect.stringContaining('the variable REACH_TOKEN, with the header "Authorization", is not set'),
    ]);
    process.env.REACH_TOKEN = 'Bearer secret';
    await runCli(['run', 'ws.yaml', '--out', 'ws'], { cwd: folder });
    delete process.env.REACH_TOKEN;
    expect(requests[0]).toMatch(/^GET \/v2\?tenant=a HTTP/);
    expect(requests[0]).toMatch(/X-Fleet: north/i);
    expect(requests[0]).toMatch(/Authorization: Bearer secret/i);
  });

  it('are refused where they cannot be, all of it at once', () => {
    const says = refusing(
      file(
        "[{ transport: tcp, tls: { serverName: a }, ws: { path: /a } }, { transport: quic, tls: { groups: [x25519] } }, { transport: tls, name: b, tls: { ciphers: [AES128-SHA], alpn: ['x'], cert: a.pem } }, { transport: ws, ws: { path: a, headers: { 'B C': d, Cookie: e } } }]",
        'clients: 1',
        '[included]',
      ),
    );
    const lines = says
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/^.*?x\.yaml:\d+:\d+ /, ''));
    expect(lines).toEqual([
      'arms[0].tls.serverName: needs tls, wss or quic, and this arm uses tcp',
      'arms[0].ws.path: is of WebSocket, and this arm uses tcp',
      'arms[1].tls.groups: is of TLS over TCP; the QUIC library chooses by itself',
      'arms[2].tls.ciphers: names no suite of TLS 1.3, which this arm uses: those begin with TLS_; or add tlsVersion 1.2',
      expect.stringMatching(/^arms\[2\]\.tls\.cert: needs (tls\.)?key: they belong together/),
      'arms[2].tls.cert: needs brokers of others: the included one asks for no certificate in a scenario, so that nobody would look at it',
      'arms[3].ws.path: "a" does not begin with "/": write it as /a',
      expect.stringMatching(/^arms\[3\]\.ws\.headers: "B C" is no name of a header/),
      'arms[3].ws.headers.Cookie: would stand in the result: write $NAME, and set that variable to the whole value',
    ]);
  });
});

describe('streams of topics', () => {
  const server = { addresses: { quic: { host: 'h', port: 1 }, tcp: { host: 'h', port: 1 } }, ca: '' };
  const plansOf = (text: string) =>
    planCells(readScenario(text, 'x.yaml')).flatMap((cell) => loadPlans(cell, undefined, server, []));
  const topics =
    '[{ topic: alarm/%i, interval: 1s, stream: 1, priority: 65535 }, { topic: log/%i, interval: 10ms, stream: 2, priority: 1 }, { topic: rest/%i, interval: 1s, stream: 0 }]';

  it('are those of the arm over QUIC, each with its priority; other transports have one', () => {
    const plans = plansOf(file('[tcp, quic]', `publish: { topics: ${topics} }`, '[included]'));
    const quic = plans.find(({ target }) => target.transport === 'quic');
    const tcp = plans.find(({ target }) => target.transport === 'tcp');
    expect(quic?.target).toMatchObject({ streams: 2, streamPriorities: [65_535, 1] });
    expect(tcp?.target).toMatchObject({ streams: 'control' });
    expect(tcp?.target.streamPriorities).toBeUndefined();
  });

  it('are of each fleet by itself', () => {
    const text = `title: t\narms: [quic]\nnetwork: none\nload: { duration: 1s }\nfleets:
  - { name: a, clients: 1, publish: { topics: ${topics} } }
  - { name: b, clients: 1, subscribe: [{ topic: 'log/+', stream: 1 }, { topic: 'alarm/+', stream: 3, priority: 9 }] }
  - { name: c, clients: 1, subscribe: { topic: 'rest/+' } }\n`;
    expect(plansOf(text).map(({ target }) => [target.streams, target.streamPriorities])).toEqual([
      [2, [65_535, 1]],
      [3, [32_767, 32_767, 9]],
      ['control', undefined],
    ]);
  });

  it('of a file are those of a file of topics on the command line', async () => {
    write(
      'topics.json',
      JSON.stringify({
        topics: [
          { name: 'alarm/%i', QoS: 1, interval_ms: 1000, stream: 1, stream_priority: 65_535, size: 256 },
          { name: 'log/%i', QoS: 1, interval_ms: 10, stream: 2, stream_priority: 1, size: 256 },
          { name: 'rest/%i', QoS: 1, interval_ms: 1000, stream: 0, size: 256 },
        ],
      }),
    );
    const meant = await planMeant(`pub -c 100 --quic --topics-payload ${join(folder, 'topics.json')} -F 10`);
    const [plan] = plansOf(file('[quic]', `publish: { topics: ${topics} }`, '[included]'));
    expect(plain(plan?.publish?.pace)).toEqual(plain(meant.publish?.pace));
    expect([plan?.target.streams, plan?.target.streamPriorities]).toEqual([
      meant.target.streams,
      meant.target.streamPriorities,
    ]);
  });

  it('priorities of an arm are those of its streams', () => {
    const [plan] = plansOf(
      file('[{ transport: quic, streams: 2, streamPriorities: [9, 1] }]', 'clients: 1', '[included]'),
    );
    expect(plan?.target).toMatchObject({ streams: 2, streamPriorities: [9, 1] });
  });

  it('are refused where they cannot be', () => {
    const says = refusing(
      file(
        '[{ transport: quic, streams: 2, datagrams: true }, { transport: quic, name: q, streamPriorities: [1] }]',
        'mqttVersion: 5, publish: { topicAlias: true, topics: [{ topic: a, interval: 1s, qos: 0, stream: 1 }, { topic: b, interval: 1s, priority: 3 }] }',
        '[included]',
      ),
    );
    expect(says).toMatch(/topics\[0\]\.stream: says which streams there are, and so does the arm quic/);
    expect(says).toMatch(/topics\[0\]\.stream: says which streams there are, and so does the arm q:/);
    expect(says).toMatch(/topics\[0\]\.stream: is given to a topic of QoS 0, which datagrams of an arm carry/);
    expect(says).toMatch(/topics\[0\]\.stream: makes several streams, and topicAlias/);
    expect(says).toMatch(/topics\[1\]\.priority: is of a data stream/);
    expect(says).toMatch(/arms\[1\]\.streamPriorities: is of data streams: say with streams which there are/);
    expect(refusing(file('[tcp]', 'publish: { topics: [{ topic: a, interval: 1s, stream: 1 }] }'))).toMatch(
      /stream: is of QUIC, and no arm uses it/,
    );
  });
});
