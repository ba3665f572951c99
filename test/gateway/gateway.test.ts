import { type AddressInfo, createServer, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayOptions } from '../../src/gateway/contract.js';
import { Gateway } from '../../src/gateway/gateway.js';
import { gatewayRegistry } from '../../src/gateway/prometheus.js';
import type { TransportName } from '../../src/transport/contract.js';
import { transportFor } from '../../src/transport/registry.js';
import { type ServerCertificates, throwAwayCertificates } from '../../src/transport/tls/certs.js';
import { everyMessageArrives } from '../broker/broker-load.js';
import { hasMosquitto, Mosquitto } from '../broker/mosquitto.js';
import { UdpRelay } from '../broker/udp-relay.js';
import { runCli } from '../helpers/cli.js';
import { tellSkipped } from '../helpers/skipped.js';

const why = tellSkipped('the gateway before mosquitto', hasMosquitto ? undefined : 'mosquitto is not installed');
let certificates: ServerCertificates;
const running: Gateway[] = [];
beforeAll(async () => {
  certificates = await throwAwayCertificates();
});
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.close();
});

async function gatewayTo(port: number, over: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const gateway = await Gateway.start({
    listeners: { tls: { port: 0 }, ws: { port: 0 }, wss: { port: 0 }, quic: { port: 0 } },
    to: { host: '127.0.0.1', port },
    tls: certificates,
    ...over,
  });
  running.push(gateway);
  return gateway;
}

const portsOf = ({ ready }: Gateway): Partial<Record<TransportName, number>> =>
  Object.fromEntries(Object.entries(ready.addresses).map(([name, { port }]) => [name, port]));

describe.skipIf(why !== undefined)('a gateway before mosquitto', { timeout: 60_000 }, () => {
  let mosquitto: Mosquitto;
  beforeAll(async () => {
    mosquitto = await Mosquitto.start();
  });
  afterAll(() => mosquitto?.end());

  it.each(
    (['tls', 'ws', 'wss', 'quic'] as const).flatMap((name) =>
      ([4, 5] as const).map((version) => [name, version] as const),
    ),
  )('carries every message over %s, MQTT version %i', async (name, version) => {
    const gateway = await gatewayTo(mosquitto.ports.tcp);
    const target = { ports: portsOf(gateway), certificates };
    await Promise.all(([1, 2] as const).map((qos) => everyMessageArrives(target, name, version, qos)));
    expect(gateway.counters()).toMatchObject({ brokerUnreachable: 0, clientsTotal: 16 });
    await expect.poll(() => gateway.counters().clients).toBe(0);
  });

  it.each(['per-topic', 'per-qos', 'pub-sub', 2] as const)(
    'brings the streams %s of a client onto one connection',
    async (streams) => {
      const gateway = await gatewayTo(mosquitto.ports.tcp);
      const target = { ports: portsOf(gateway), certificates };
      await Promise.all(([1, 2] as const).map((qos) => everyMessageArrives(target, 'quic', 4, qos, { streams })));
      expect(gateway.counters().dataStreams).toBeGreaterThanOrEqual(16);
      expect(gateway.counters().clientsTotal).toBe(16);
    },
  );

  it('loses no message of clients whose address changes 20 times, and keeps their connections to the broker', async () => {
    const gateway = await gatewayTo(mosquitto.ports.tcp);
    const relay = await UdpRelay.start(portsOf(gateway).quic as number);
    const load = ['pubsub', `quic://127.0.0.1:${relay.port}`, '--insecure', '--pubs', '1', '--subs', '1'];
    const more = [
      '--rate',
      '200',
      '-q',
      '1',
      '--duration',
      '8s',
      '-t',
      'moved/%i',
      '--json',
      '--quiet',
      '--linger',
      '20s',
    ];
    // A subscriber says nothing by itself: without PINGs nobody would learn where it is now.
    const own = ['--quic-set', 'keepAliveMs=100'];
    const ended = runCli([...load, ...more, ...own]);
    // Once both are there: what a move in the middle of a handshake does is said in docs/quic.md.
    await expect.poll(() => gateway.counters().bytesUp).toBeGreaterThan(5000);
    for (let i = 0; i < 20; i++) {
      await relay.rebind();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const { code, stdout, stderr } = await ended;
    relay.close();
    expect(code, stderr).toBe(0);
    const [cell] = (JSON.parse(stdout) as { cells: { metrics: { values: Record<string, number> } }[] }).cells;
    expect(cell?.metrics.values).toMatchObject({ 'messages.missing': 0, 'messages.sent': 1600 });
    // Nobody came twice.
    expect(gateway.counters()).toMatchObject({ clientsTotal: 2, brokerClosed: 0 });
  });
});

/** A TCP server in the place of the broker, and what came to it. */
async function listener(serve: (socket: Socket) => void): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const dial = (gateway: Gateway, transport: 'tls' | 'quic') =>
  transportFor(transport).dial({
    host: '127.0.0.1',
    port: portsOf(gateway)[transport] as number,
    tls: { ca: certificates.ca },
  });

describe('a gateway', () => {
  it.each(['tls', 'quic'] as const)('tells the broker where a client over %s is, when it is to', async (transport) => {
    const came: Buffer[] = [];
    const broker = await listener((socket) => socket.on('data', (bytes: Buffer) => came.push(bytes)));
    const gateway = await gatewayTo(broker.port, { proxyProtocol: 'v2' });
    const client = await dial(gateway, transport);
    client.duplex.on('error', () => {});
    client.duplex.write(Buffer.from([0xc0, 0]));
    await expect.poll(() => Buffer.concat(came).length).toBe(28 + 2);
    const header = Buffer.concat(came);
    expect(header.subarray(0, 12).toString('hex')).toBe('0d0a0d0a000d0a515549540a');
    expect(header.readUInt16BE(24)).toBe(client.localAddress.port);
    client.abort();
    broker.close();
  });

  it('holds a client up that sends more than the broker takes, and the broker in the same way', async () => {
    const sockets: Socket[] = [];
    const broker = await listener((socket) => sockets.push(socket.pause()));
    const gateway = await gatewayTo(broker.port);
    const client = await dial(gateway, 'tls');
    client.duplex.on('error', () => {});
    const chunk = Buffer.alloc(1 << 20);
    let written = 0;
    while (written < 64 && client.duplex.write(chunk)) written++;
    const before = process.memoryUsage().rss;
    await new Promise((resolve) => setTimeout(resolve, 500));
    // What nobody reads stays with who sends it: some megabytes of buffers, and no more.
    expect(gateway.counters().bytesUp).toBeLessThan(32 << 20);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
    client.abort();
    broker.close();
  });

  it('hands on the end of one direction alone, where the transport has that', async () => {
    const ends: string[] = [];
    const broker = await listener((socket) => {
      socket.resume().on('end', () => {
        ends.push('client');
        // PINGRESP, and then the broker’s own end.
        socket.end(Buffer.from([0xd0, 0]));
      });
    });
    const gateway = await gatewayTo(broker.port);
    const client = connect({
      ...{ host: '127.0.0.1', port: portsOf(gateway).tls as number },
      ...{ ca: certificates.ca, servername: 'localhost', allowHalfOpen: true },
    });
    const came: Buffer[] = [];
    client.on('error', () => {}).on('data', (bytes: Buffer) => came.push(bytes));
    client.once('secureConnect', () => client.end(Buffer.from([0xc0, 0])));
    await expect.poll(() => Buffer.concat(came).toString('hex')).toBe('d000');
    expect(ends).toEqual(['client']);
    broker.close();
  });

  it('lets a client go when the broker cannot be reached, and says so', async () => {
    const gone = await listener(() => {});
    gone.close();
    const gateway = await gatewayTo(gone.port);
    const said: string[] = [];
    gateway.onTrouble = (text) => said.push(text);
    const client = await dial(gateway, 'quic');
    client.duplex.on('error', () => {}).resume();
    client.duplex.write(Buffer.from([0xc0, 0]));
    await new Promise((resolve) => client.duplex.once('close', resolve));
    expect(said).toEqual([expect.stringMatching(/^the broker cannot be reached: .*ECONNREFUSED/)]);
    expect(gateway.counters()).toMatchObject({ brokerUnreachable: 1, clients: 0 });
  });

  it('ends a client that speaks no MQTT on a stream of QUIC', async () => {
    const broker = await listener((socket) => socket.resume());
    const gateway = await gatewayTo(broker.port);
    const client = await dial(gateway, 'quic');
    client.duplex.on('error', () => {}).resume();
    client.duplex.write(Buffer.from('ffffffffffff', 'hex'));
    await new Promise((resolve) => client.duplex.once('close', resolve));
    await expect.poll(() => gateway.counters().clients).toBe(0);
    broker.close();
  });

  it('has its counters for Prometheus', async () => {
    const broker = await listener((socket) => socket.resume());
    const gateway = await gatewayTo(broker.port);
    const client = await dial(gateway, 'tls');
    client.duplex.on('error', () => {});
    client.duplex.write(Buffer.from([0xc0, 0]));
    await expect.poll(() => gateway.counters().bytesUp).toBe(2);
    const text = await gatewayRegistry(gateway).metrics();
    expect(text).toMatch(/^mqbench_gateway_clients 1$/m);
    expect(text).toMatch(/^mqbench_gateway_up_bytes_total 2$/m);
    client.abort();
    broker.close();
  });
});
