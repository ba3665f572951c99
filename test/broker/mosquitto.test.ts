import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/index.js';
import { transportFor } from '../../src/transport/registry.js';
import { formatBrokerUrl } from '../../src/transport/url.js';
import { everyMessageArrives } from './broker-load.js';
import { hasMosquitto, Mosquitto } from './mosquitto.js';

const transports = ['tcp', 'tls', 'ws', 'wss'] as const;
type Name = (typeof transports)[number];
const everything = [
  { name: 'tcp' as Name, version: 3 as 3 | 4 | 5 },
  ...transports.flatMap((name) => ([4, 5] as const).map((version) => ({ name, version }))),
];

if (!hasMosquitto)
  process.stderr.write('skipped: load and MQTT.js against mosquitto: not installed (apt-get install mosquitto)\n');

describe.runIf(hasMosquitto)('mosquitto', () => {
  let mosquitto: Mosquitto;
  beforeAll(async () => {
    mosquitto = await Mosquitto.start();
  });
  afterAll(() => mosquitto.end());

  it.each(everything)('delivers every message of a load over $name with MQTT version $version', ({ name, version }) =>
    everyMessageArrives(mosquitto, name, version, version === 3 ? 2 : 1),
  );

  it.each(transports.flatMap((name) => ([4, 5] as const).map((version) => ({ name, version }))))(
    'carries MQTT.js over our duplex: $name, version $version',
    async ({ name, version }) => {
      const url = formatBrokerUrl(name, '127.0.0.1', mosquitto.ports[name]);
      const build = () => connect(url, { tls: { ca: mosquitto.certificates.ca } });
      const client = new mqtt.MqttClient(build, { protocolVersion: version, reconnectPeriod: 0 });
      await new Promise<void>((resolve, reject) => {
        client.once('connect', () => resolve());
        client.once('error', reject);
      });
      // mosquitto 2.0.11 reads WebSockets at 4 KB per 100 ms, whoever the client is.
      const size = name === 'ws' || name === 'wss' ? 10_000 : 200_000;
      const received: string[] = [];
      client.on('message', (topic, payload, { qos }) => received.push(`${topic} ${payload.length} ${qos}`));
      await client.subscribeAsync(`j/${name}/${version}/#`, { qos: 2 });
      await client.publishAsync(`j/${name}/${version}/big`, Buffer.alloc(size), { qos: 2 });
      await expect.poll(() => received).toEqual([`j/${name}/${version}/big ${size} 2`]);
      await client.endAsync();
    },
  );

  it('resumes TLS sessions of 1.3 by ticket', async () => {
    const store = new Map<string, Uint8Array>();
    const handshakes: string[] = [];
    for (let i = 0; i < 2; i++) {
      const connection = await transportFor('tls').dial({
        host: '127.0.0.1',
        port: mosquitto.ports.tls,
        tls: { ca: mosquitto.certificates.ca },
        tickets: { store, key: 'k' },
      });
      connection.duplex.on('error', () => {}).resume();
      handshakes.push(connection.stats().handshake);
      await expect.poll(() => store.size).toBe(1);
      await connection.close();
    }
    expect(handshakes).toEqual(['full', 'resumed']);
  });

  it('refuses our client in words when the CA is another', async () => {
    const dial = transportFor('wss').dial({ host: '127.0.0.1', port: mosquitto.ports.wss });
    await expect(dial).rejects.toMatchObject({ code: 'MQB_CERTIFICATE', hint: expect.stringContaining('CA') });
  });
});
