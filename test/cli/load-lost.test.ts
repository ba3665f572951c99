import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';

// A server that lets three clients in, cuts two of them off after a second, and never answers a publish.

const mostMillis = 1_000;
let server: Server;

beforeAll(async () => {
  const ended = new Set<Socket>();
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (chunk[0] !== 0x10) return;
      socket.write(Buffer.from([0x20, 2, 0, 0]));
      if (chunk.includes('warm-up') || ended.size === 2) return;
      ended.add(socket);
      setTimeout(() => socket.destroy(), mostMillis);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

it('pub fails when clients were lost for good, says how many and when, and leaves out nothing that was due to them', async () => {
  const { port } = server.address() as AddressInfo;
  const { code, stdout } = await runCli([
    'pub',
    ...['-h', '127.0.0.1', '-p', String(port)],
    ...'-t a -c 3 -R 100 -q 1 -I 200 --duration 3s --linger 200ms --quiet'.split(' '),
  ]);
  expect(stdout).toMatch(/2 of 3 clients were lost for good, the first 1\.\d+ s after connecting began/);
  expect(stdout).toMatch(/^Failed {5}2 of 3 clients were lost for good$/m);
  expect(stdout).toMatch(/were due to clients that were not connected/);
  expect(stdout).toMatch(/^Failed {5}none of \d+ publishes was acknowledged$/m);
  expect(stdout).toMatch(/45 outstanding at the end/);
  expect(stdout).toMatch(/publish due → acknowledged +>= /);
  expect(code).toBe(4);
}, 60_000);
