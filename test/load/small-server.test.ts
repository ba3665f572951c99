import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { MetricsServer } from '../../src/metrics/metrics-server.js';
import { startLiveView } from '../../src/report/live/server.js';

const kinds = {
  metrics: async (): Promise<{ url: string; close(): Promise<void> }> =>
    MetricsServer.open({ host: '127.0.0.1', port: 0 }, new Registry()),
  'live view': async (): Promise<{ url: string; close(): Promise<void> }> =>
    startLiveView({ port: 0, title: 't', plan: { arms: [], events: [] } }),
};

function ask(url: string, method: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

describe.each(Object.entries(kinds))('what is served beside a run: %s', (_, start) => {
  const sockets: Socket[] = [];
  let server: Awaited<ReturnType<typeof start>>;

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close();
  });

  it('is read with GET, under its own address only', async () => {
    server = await start();
    const { port } = new URL(server.url);
    expect(await ask(server.url, 'GET')).toBe(200);
    expect(await ask(server.url, 'GET', { host: `localhost:${port}` })).toBe(200);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect(await ask(server.url, method)).toBe(405);
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil.example']) {
      expect([host, await ask(server.url, 'GET', { host })]).toEqual([host, 421]);
    }
  });

  it('does not keep hundreds of half-open requests', async () => {
    server = await start();
    const { port } = new URL(server.url);
    for (let i = 0; i < 300; i++) {
      const socket = connect(Number(port), '127.0.0.1');
      sockets.push(socket.on('error', () => {}).resume());
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n');
    }
    await Promise.all(sockets.map((socket) => (socket.connecting ? once(socket, 'connect') : undefined)));
    const living = (): number => sockets.filter(({ closed }) => !closed).length;
    await expect.poll(living, { timeout: 2000 }).toBeLessThanOrEqual(128);
    await expect.poll(living, { timeout: 9000 }).toBe(0);
    expect(await ask(server.url, 'GET')).toBe(200);
  }, 20_000);
});
