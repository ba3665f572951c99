import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { Traits } from './suite.js';
import { closeOf, Fixture, type Make, pattern, readAll, readExactly, until } from './suite-fixture.js';

/** How connections end: finished, aborted, or because somebody vanished. */
export function describeEnds(traits: Traits, make: Make): void {
  describe('ends', () => {
    let fixture: Fixture;
    afterEach(() => fixture.end());

    it('close delivers everything that was written before', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair();
      const bytes = pattern(1_000_001);
      const all = readAll(server.duplex);
      client.duplex.write(bytes);
      await client.close();
      expect((await all).equals(bytes)).toBe(true);
      await until('the server forgot it', () => fixture.listener.connections === 0);
    });

    it('close of the server side delivers everything too', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair();
      const bytes = pattern(1_000_001);
      const all = readAll(client.duplex);
      server.duplex.write(bytes);
      await server.close();
      expect((await all).equals(bytes)).toBe(true);
    });

    it('duplex.end() delivers everything and ends the peer', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair();
      const bytes = pattern(300_001);
      const all = readAll(server.duplex);
      client.duplex.end(bytes);
      expect((await all).equals(bytes)).toBe(true);
    });

    if (traits.halfClose) {
      it('answers after the peer finished its direction', async () => {
        fixture = await Fixture.start(traits, make);
        const { client, server } = await fixture.pair();
        const question = readAll(server.duplex).then((bytes) => server.duplex.end(bytes));
        const answer = readAll(client.duplex);
        client.duplex.end('question');
        await question;
        expect((await answer).toString()).toBe('question');
      });
    }

    it('closes once, without an error, on both sides', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair();
      const seen = [closeOf(client.duplex), closeOf(server.duplex)];
      await Promise.all([client.close(), client.close()]);
      await client.close();
      for (const { closes, errors } of await Promise.all(seen))
        expect({ closes, errors }).toEqual({ closes: 1, errors: [] });
    });

    it('abort ends both sides now, and only once', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair();
      const atClient = closeOf(client.duplex);
      const atServer = closeOf(server.duplex);
      const reason = new Error('enough');
      client.abort(reason);
      client.abort(new Error('again'));
      expect(await atClient).toEqual({ errors: [reason], closes: 1, order: 'error close' });
      expect((await atServer).closes).toBe(1);
      await client.close(); // after an abort there is nothing left to finish
    });

    it('abort without a reason emits no error on its own side', async () => {
      fixture = await Fixture.start(traits, make);
      const { client } = await fixture.pair();
      const seen = closeOf(client.duplex);
      client.abort();
      expect(await seen).toEqual({ errors: [], closes: 1, order: 'close' });
    });

    it('abort does not wait for a peer that stopped reading', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair();
      server.duplex.pause();
      const chunk = pattern(256 * 1024);
      for (let i = 0; i < 400 && client.duplex.write(chunk); i++);
      const seen = closeOf(client.duplex);
      client.abort();
      expect((await seen).closes).toBe(1);
      server.duplex.resume();
      await until('the server forgot it', () => fixture.listener.connections === 0);
    });

    it('abort of the server side reaches the client', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair();
      const atClient = closeOf(client.duplex);
      server.abort();
      expect((await atClient).closes).toBe(1);
      expect(fixture.listener.connections).toBe(0);
    });

    it('writing after close is an error of the write, not a crash', async () => {
      fixture = await Fixture.start(traits, make);
      const { client } = await fixture.pair();
      client.duplex.resume();
      await client.close();
      const error = await new Promise<Error | null | undefined>((resolve) => client.duplex.write('x', resolve));
      expect(error).toBeInstanceOf(Error);
    });

    it('notices a client process that was killed', async () => {
      fixture = await Fixture.start(traits, make);
      const child = spawn(process.execPath, [fileURLToPath(new URL('./suite-victim.mjs', import.meta.url))], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      const { host, port } = fixture.listener.address;
      child.send({ transport: traits.name, dial: fixture.dialOptions({ host, port }) });
      const server = await fixture.nextAccepted();
      await readExactly(server.duplex, 1);
      expect(fixture.listener.connections).toBe(1);
      const closed = closeOf(server.duplex);
      child.kill('SIGKILL');
      expect((await closed).closes).toBe(1);
      await until('it is gone', () => fixture.listener.connections === 0, traits.vanishedWithinMs ?? 5000);
    }, 30_000);

    it('listener.close() ends what lives and frees the port', async () => {
      fixture = await Fixture.start(traits, make);
      const pairs = await Promise.all(Array.from({ length: 5 }, () => fixture.pair()));
      const seen = pairs.map(({ client }) => closeOf(client.duplex));
      const { port } = fixture.listener.address;
      await Promise.all([fixture.listener.close(), fixture.listener.close()]);
      for (const { closes } of await Promise.all(seen)) expect(closes).toBe(1);
      expect(fixture.listener.connections).toBe(0);
      const again = await Fixture.start(traits, () => fixture.transport, { port });
      expect(again.listener.address.port).toBe(port);
      await again.listener.close();
    });

    it('leaves nothing open behind', async () => {
      fixture = await Fixture.start(traits, make);
      await fixture.end();
      const before = openHandles();
      fixture = await Fixture.start(traits, make);
      const { client } = await fixture.pair();
      client.duplex.resume();
      await client.close();
      await fixture.listener.close();
      await fixture.transport.close();
      await until('handles are as before', () => openHandles() <= before);
    });
  });
}

/** Sockets, servers and timers that keep this process alive. */
function openHandles(): number {
  const kinds = /TCP|UDP|Timeout|Pipe|Immediate/;
  return process.getActiveResourcesInfo().filter((kind) => kinds.test(kind)).length;
}
