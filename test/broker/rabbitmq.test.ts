import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/index.js';
import { formatBrokerUrl } from '../../src/transport/url.js';
import { everyMessageArrives } from './broker-load.js';
import { hasRabbitmq, Rabbitmq } from './rabbitmq.js';

const transports = ['tcp', 'tls', 'ws', 'wss'] as const;

if (!hasRabbitmq) {
  process.stderr.write('skipped: load and MQTT.js against RabbitMQ: not installed (apt-get install rabbitmq-server)\n');
}

// RabbitMQ speaks MQTT 5 from 3.13 on; Debian 12 has 3.10. It has no QoS 2: it grants 1.
describe.runIf(hasRabbitmq)('RabbitMQ', () => {
  let rabbitmq: Rabbitmq;
  beforeAll(async () => {
    rabbitmq = await Rabbitmq.start();
  }, 120_000);
  afterAll(() => rabbitmq?.end());

  it.each(transports)(
    'delivers every message of a load over %s',
    (name) => everyMessageArrives(rabbitmq, name, 4, 1),
    60_000,
  );

  it.each(transports)(
    'carries MQTT.js over our duplex: %s',
    async (name) => {
      const url = formatBrokerUrl(name, '127.0.0.1', rabbitmq.ports[name]);
      const build = () => connect(url, { tls: { ca: rabbitmq.certificates.ca } });
      const client = new mqtt.MqttClient(build, { reconnectPeriod: 0 });
      await new Promise<void>((resolve, reject) => {
        client.once('connect', () => resolve());
        client.once('error', reject);
      });
      const received: number[] = [];
      client.on('message', (_, payload) => received.push(payload.length));
      await client.subscribeAsync(`j/${name}`, { qos: 1 });
      await client.publishAsync(`j/${name}`, Buffer.alloc(200_000), { qos: 1 });
      await expect.poll(() => received, { timeout: 20_000 }).toEqual([200_000]);
      await client.endAsync();
    },
    60_000,
  );
});
