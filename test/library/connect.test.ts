import { createSocket, type Socket } from 'node:dgram';
import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { type BrokerStream, type ConnectOptions, connect, type RouteOutcome } from '../../src/index.js';
import { type TransportName, transportNames } from '../../src/transport/contract.js';
import { transportFor } from '../../src/transport/registry.js';
import { formatBrokerUrl } from '../../src/transport/url.js';

describe('connect', () => {
  let broker: BrokerHandle;
  /** A UDP port that takes everything and says nothing, as a firewall that drops QUIC. */
  let silent: Socket;
  const clients: mqtt.MqttClient[] = [];
  const streams: BrokerStream[] = [];

  beforeAll(async () => {
    const listeners = Object.fromEntries(transportNames.map((name) => [name, { port: 0 }]));
    broker = await startBroker({ listeners });
    silent = createSocket('udp4');
    await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    silent.close();
    await broker.close();
    await transportFor('quic').close();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
    for (const stream of streams.splice(0)) stream.destroy();
  });

  function urlOf(name: TransportName): string {
    const address = broker.ready.addresses[name];
    if (!address) throw new Error(`no ${name} listener`);
    return formatBrokerUrl(name, address.host, address.port);
  }

  function open(url: string, options: ConnectOptions = {}): BrokerStream {
    const stream = connect(url, { tls: { ca: broker.ready.ca }, ...options });
    stream.on('error', () => {});
    streams.push(stream);
    return stream;
  }

  /** MQTT.js over our duplex; resolves when CONNACK came. */
  async function mqttOver(build: () => BrokerStream, options: mqtt.IClientOptions = {}): Promise<mqtt.MqttClient> {
    const client = new mqtt.MqttClient(build, { reconnectPeriod: 0, ...options });
    clients.push(client);
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('error', reject);
    });
    return client;
  }

  it.each(transportNames)('carries MQTT.js over %s', async (name) => {
    const client = await mqttOver(() => open(urlOf(name)));
    const received: string[] = [];
    client.on('message', (topic, payload) => received.push(`${topic} ${payload.length}`));
    await client.subscribeAsync(`library/${name}/#`, { qos: 1 });
    await client.publishAsync(`library/${name}/small`, 'x', { qos: 1 });
    await client.publishAsync(`library/${name}/large`, Buffer.alloc(300_000), { qos: 2 });
    await expect.poll(() => received.toSorted()).toEqual([`library/${name}/large 300000`, `library/${name}/small 1`]);
    await client.endAsync();
    expect(streams[0]?.closed || streams[0]?.destroyed).toBe(true);
  });

  it('lets MQTT.js reconnect through its stream builder', async () => {
    let built = 0;
    const build = (): BrokerStream => {
      built++;
      return open(urlOf('quic'), { fallback: ['quic', urlOf('tls')] });
    };
    const client = await mqttOver(build, { reconnectPeriod: 20 });
    const again = new Promise<void>((resolve) => client.once('connect', () => resolve()));
    (await (streams[0] as BrokerStream).ready).abort();
    await again;
    expect(built).toBe(2);
    await client.publishAsync('library/again', 'x', { qos: 1 });
  });

  it('uses the first transport when it comes up', async () => {
    let outcomes: readonly RouteOutcome[] = [];
    const stream = open(urlOf('quic'), { fallback: ['quic', urlOf('tls')], onRoute: (all) => (outcomes = all) });
    expect((await stream.ready).transport).toBe('quic');
    expect(outcomes).toEqual([{ transport: 'quic', url: urlOf('quic') }]);
  });

  it.each([false, true])('falls back to TLS when UDP gets no answer (race: %s)', async (race) => {
    const blocked = formatBrokerUrl('quic', '127.0.0.1', silent.address().port);
    let outcomes: readonly RouteOutcome[] = [];
    const before = performance.now();
    const options = {
      fallback: ['quic', urlOf('tls')],
      fallbackAfterMs: 200,
      race,
      onRoute: (all: readonly RouteOutcome[]) => (outcomes = all),
    };
    const client = await mqttOver(() => open(blocked, options));
    expect(performance.now() - before).toBeGreaterThanOrEqual(199);
    expect(streams[0]?.connection?.transport).toBe('tls');
    expect(outcomes.at(-1)).toEqual({ transport: 'tls', url: urlOf('tls') });
    if (!race) expect(outcomes[0]).toMatchObject({ transport: 'quic', error: { code: 'MQB_DIAL_TIMEOUT' } });
    await client.publishAsync('library/fallback', 'x', { qos: 1 });
  });

  it('falls back when nobody listens on the UDP port', async () => {
    const closed = createSocket('udp4');
    await new Promise<void>((resolve) => closed.bind(0, '127.0.0.1', resolve));
    const url = formatBrokerUrl('quic', '127.0.0.1', closed.address().port);
    await new Promise<void>((resolve) => closed.close(() => resolve()));
    const stream = open(url, { fallback: ['quic', urlOf('wss')], fallbackAfterMs: 500 });
    expect((await stream.ready).transport).toBe('wss');
  });

  it('never falls back from an encrypted transport to a plain one', async () => {
    const stream = open(urlOf('quic'), { fallback: ['quic', urlOf('tcp')] });
    await expect(stream.ready).rejects.toMatchObject({ code: 'MQB_DOWNGRADE', exitCode: 2 });
  });

  it('names every transport that failed, and emits that as the error', async () => {
    const blocked = formatBrokerUrl('quic', '127.0.0.1', silent.address().port);
    const stream = open(blocked, { fallback: ['quic', 'mqtts://127.0.0.1:1'], fallbackAfterMs: 100 });
    const emitted = new Promise<Error>((resolve) => stream.once('error', resolve));
    await expect(stream.ready).rejects.toMatchObject({
      code: 'MQB_NO_ROUTE',
      message: expect.stringMatching(/quic:.*100 ms.*mqtts:.*refused/),
    });
    expect(await emitted).toMatchObject({ code: 'MQB_NO_ROUTE' });
  });

  it('stops dialling when the stream is destroyed or the signal aborted', async () => {
    const blocked = formatBrokerUrl('quic', '127.0.0.1', silent.address().port);
    const destroyed = open(blocked);
    destroyed.write('x');
    destroyed.destroy();
    await expect(destroyed.ready).rejects.toMatchObject({ code: 'MQB_ABORTED' });
    const controller = new AbortController();
    const aborted = open(blocked, { signal: controller.signal });
    setTimeout(() => controller.abort(), 30);
    await expect(aborted.ready).rejects.toMatchObject({ code: 'MQB_ABORTED' });
  });

  it('resumes with tickets kept in a Map', async () => {
    const tickets = new Map<string, Uint8Array>();
    const kinds: string[] = [];
    for (let i = 0; i < 2; i++) {
      let stream: BrokerStream | undefined;
      const client = await mqttOver(() => (stream = open(urlOf('tls'), { tickets })));
      kinds.push(stream?.connection?.stats().handshake ?? '');
      await client.endAsync();
    }
    expect(kinds).toEqual(['full', 'resumed']);
  });

  it('refuses a URL it cannot read at once', () => {
    expect(() => connect('http://broker')).toThrow(expect.objectContaining({ code: 'MQB_BAD_URL' }));
    expect(() => connect('mqtt://broker', { fallback: ['udp'] })).toThrow(/neither a transport nor a URL/);
  });

  it('refuses an option that it would ignore', () => {
    const wrong = (options: object) => () => connect('mqtts://broker', options);
    expect(wrong({ ca: 'pem' })).toThrow(
      expect.objectContaining({ code: 'MQB_OPTION', hint: 'write it as { tls: { ca } }' }),
    );
    expect(wrong({ timeoutMS: 5 })).toThrow('connect has no option "timeoutMS"');
  });

  it('refuses at once what the opening of a WebSocket cannot hold', () => {
    const wrong = (ws: ConnectOptions['ws']) => () => connect('ws://broker', { ws });
    expect(wrong({ headers: { 'X-Fleet': 'nörd☺' } })).toThrow(
      'open a WebSocket: the header "X-Fleet" has "☺" (U+263A) in its value, at character 5',
    );
    expect(wrong({ path: 'mqtt' })).toThrow('open a WebSocket: the path does not begin with "/"');
  });
});
