import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AddressBook } from '../../src/transport/address-book.js';
import type { DialOptions, TransportName } from '../../src/transport/contract.js';
import { transportFor } from '../../src/transport/registry.js';

// A socket that nobody holds any more stays open, and ends the process when its peer resets it: nobody listens to it.

describe('a dial that fails when its TCP connection is up closes it', () => {
  let server: Server;
  let accepted: Promise<Socket>;
  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    accepted = once(server, 'connection').then(([socket]: Socket[]) => {
      const taken = socket as Socket;
      return taken.on('error', () => {}).resume();
    });
    await once(server, 'listening');
  });
  afterEach(async () => {
    (await accepted).destroy();
    server.close();
  });

  async function failsAndCloses(name: TransportName, options: Partial<DialOptions>, why: object): Promise<void> {
    const { port } = server.address() as { port: number };
    await expect(
      transportFor(name).dial({ host: '127.0.0.1', port, timeoutMs: 5_000, ...options }),
    ).rejects.toMatchObject(why);
    const socket = await accepted;
    await expect.poll(() => socket.closed, { timeout: 3_000 }).toBe(true);
  }

  it.runIf(process.platform === 'linux').each(['tcp', 'tls', 'ws', 'wss'] as const)(
    '%s, with a congestion control that the kernel does not have',
    (name) => failsAndCloses(name, { congestionControl: 'nonesuch' }, { code: 'MQB_CONGESTION_CONTROL' }),
  );

  it('ws, when it is given up between the TCP and the WebSocket handshake', async () => {
    const controller = new AbortController();
    class GivenUp extends AddressBook {
      override came(...parts: Parameters<AddressBook['came']>): void {
        super.came(...parts);
        queueMicrotask(() => controller.abort());
      }
    }
    const addresses = new GivenUp(() => Promise.resolve(['127.0.0.1']));
    await failsAndCloses('ws', { addresses, signal: controller.signal }, { code: 'MQB_ABORTED' });
  });

  it('ws, with a header that HTTP does not allow', () =>
    failsAndCloses('ws', { ws: { headers: { 'x-line': 'one\ntwo' } } }, { message: expect.stringMatching(/header/) }));
});
