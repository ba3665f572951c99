import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { transportFor } from '../../src/transport/registry.js';
import { describeTransport, type Traits } from './suite.js';
import { Fixture, pattern, readExactly } from './suite-fixture.js';

const traits: Traits = { name: 'ws', secure: false, halfClose: false, refused: ['MQB_REFUSED'] };
const make = () => transportFor('ws');

describeTransport(traits, make);

describe('ws protocol', () => {
  let fixture: Fixture;
  afterEach(() => fixture.end());
  const urlOf = (path: string): string => `ws://127.0.0.1:${fixture.listener.address.port}${path}`;

  it('serves the path asked for and refuses others with the status', async () => {
    fixture = await Fixture.start(traits, make, { ws: { path: '/broker' } });
    await fixture.pair({ ws: { path: '/broker' } });
    await expect(fixture.dial()).rejects.toMatchObject({
      code: 'MQB_WEBSOCKET',
      message: expect.stringContaining('/mqtt: the server answered 400'),
      hint: expect.stringContaining('path'),
    });
  });

  it('sends headers and offers the subprotocol mqtt [MQTT-6.0.0-3]', async () => {
    fixture = await Fixture.start(traits, make);
    const server = createServer();
    const seen = new Promise<Record<string, unknown>>((resolve) => {
      server.on('upgrade', (request, socket) => {
        resolve(request.headers);
        socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await expect(fixture.dial({ port, ws: { headers: { 'x-tenant': 't1' } } })).rejects.toThrow(
      /answered 403 Forbidden/,
    );
    expect(await seen).toMatchObject({ 'x-tenant': 't1', 'sec-websocket-protocol': 'mqtt', host: `127.0.0.1:${port}` });
    expect(await seen).not.toHaveProperty('sec-websocket-extensions');
    server.close();
  });

  it.each([
    [['mqtt'], 'mqtt'],
    [['mqttv3.1'], 'mqttv3.1'],
    [['other', 'mqtt'], 'mqtt'],
    [[], ''],
  ])('selects from the subprotocols %j', async (offered, selected) => {
    fixture = await Fixture.start(traits, make);
    const client = new WebSocket(urlOf('/mqtt'), offered);
    await new Promise((resolve) => client.once('open', resolve));
    expect(client.protocol).toBe(selected);
    client.terminate();
  });

  it('ends a client that sends text frames [MQTT-6.0.0-1]', async () => {
    fixture = await Fixture.start(traits, make);
    const client = new WebSocket(urlOf('/mqtt'), 'mqtt');
    const closed = new Promise<number>((resolve) => client.once('close', resolve));
    client.once('open', () => client.send('text'));
    expect(await closed).toBe(1003);
  });

  it('takes packets that are split over frames and frames that hold several [MQTT-6.0.0-2]', async () => {
    fixture = await Fixture.start(traits, make);
    const client = new WebSocket(urlOf('/mqtt'), 'mqtt');
    await new Promise((resolve) => client.once('open', resolve));
    const bytes = pattern(1000);
    for (const [from, to] of [
      [0, 1],
      [1, 500],
      [500, 500],
      [500, 1000],
    ] as const)
      client.send(bytes.subarray(from, to));
    const server = await fixture.nextAccepted();
    expect((await readExactly(server.duplex, 1000)).equals(bytes)).toBe(true);
    client.terminate();
  });

  it('answers a plain HTTP request with 426', async () => {
    fixture = await Fixture.start(traits, make);
    const response = await fetch(urlOf('/mqtt').replace('ws:', 'http:'));
    expect(response.status).toBe(426);
    expect(await response.text()).toContain('WebSocket');
  });
});
