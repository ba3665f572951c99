import { afterEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../src/transport/contract.js';
import type { Traits } from './suite.js';
import { Fixture, type Make, pattern, readAll, readExactly, until } from './suite-fixture.js';

const odd = [1, 7, 333, 1, 4096, 65_537, 2, 16_385];

/** Writes the bytes in chunks of odd sizes, waiting for 'drain' as a polite writer does. */
async function writeInOddChunks({ duplex }: Connection, bytes: Buffer): Promise<void> {
  let offset = 0;
  for (let i = 0; offset < bytes.length; i++) {
    const chunk = bytes.subarray(offset, offset + (odd[i % odd.length] as number));
    offset += chunk.length;
    if (!duplex.write(chunk)) await new Promise((resolve) => duplex.once('drain', resolve));
  }
}

/** Bytes a writer may have in flight while nobody reads: kernel buffers of both ends plus our own. */
const inFlightLimit = 24 * 1024 * 1024;

async function blockedThenAllArrives(from: Connection, to: Connection): Promise<void> {
  const chunk = pattern(64 * 1024, 5);
  const total = 1024; // 64 MiB, far above what buffers may hold
  to.duplex.pause();
  let written = 0;
  let blockedSince = 0;
  const writing = (async () => {
    for (; written < total; written++) {
      if (from.duplex.write(chunk)) continue;
      blockedSince = performance.now();
      await new Promise((resolve) => from.duplex.once('drain', resolve));
      blockedSince = 0;
    }
    from.duplex.end();
  })();
  await until('the writer is blocked', () => blockedSince > 0 && performance.now() - blockedSince > 300);
  expect(written * chunk.length).toBeLessThan(inFlightLimit);
  let received = 0;
  let wrong = 0;
  to.duplex.on('data', (data: Buffer) => {
    // The pattern repeats every chunk: compare without keeping 64 MiB.
    for (let i = 0; i < data.length; i += 997) {
      if (data[i] !== chunk[(received + i) % chunk.length]) wrong++;
    }
    received += data.length;
  });
  const ended = new Promise((resolve) => to.duplex.once('end', resolve));
  to.duplex.resume();
  await writing;
  await ended;
  expect({ received, wrong }).toEqual({ received: total * chunk.length, wrong: 0 });
}

/** Bytes arrive whole, in order, and no faster than they are read. */
export function describeData(traits: Traits, make: Make): void {
  describe('data', () => {
    let fixture: Fixture;
    afterEach(() => fixture.end());

    it.each([1, 100, 16_384, 70_001, 5_000_003])('echoes %i bytes written in odd chunks', async (length) => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair();
      server.duplex.pipe(server.duplex);
      const bytes = pattern(length);
      const [answer] = await Promise.all([readExactly(client.duplex, length), writeInOddChunks(client, bytes)]);
      expect(answer.equals(bytes)).toBe(true);
    });

    it('delivers nothing but the end when nothing is written', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair();
      const all = readAll(server.duplex);
      client.duplex.end();
      expect(await all).toEqual(Buffer.alloc(0));
    });

    it('keeps many small writes of one tick in order', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair();
      const bytes = pattern(3000);
      for (const byte of bytes) client.duplex.write(Buffer.of(byte));
      expect((await readExactly(server.duplex, bytes.length)).equals(bytes)).toBe(true);
    });

    it('sends both ways at once', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair();
      const up = pattern(2_000_001, 3);
      const down = pattern(1_999_999, 4);
      const [atServer, atClient] = await Promise.all([
        readExactly(server.duplex, up.length),
        readExactly(client.duplex, down.length),
        writeInOddChunks(client, up),
        writeInOddChunks(server, down),
      ]);
      expect(atServer.equals(up) && atClient.equals(down)).toBe(true);
    });

    it('blocks the client when the server stops reading, then delivers everything', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair();
      await blockedThenAllArrives(client, server);
    }, 60_000);

    it('blocks the server when the client stops reading, then delivers everything', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair();
      await blockedThenAllArrives(server, client);
    }, 60_000);

    it.runIf(traits.name === 'tcp' || traits.name === 'tls')(
      'offers what comes before the stream has it, and the stream gets what is left',
      async () => {
        fixture = await Fixture.start(traits, make);
        const { client, server } = await fixture.pair();
        const bytes = pattern(1_000_003, 6);
        const got: Buffer[] = [];
        const fromStream = { bytes: 0 };
        let offers = 0;
        expect(server.readDirectly).toBeDefined();
        server.readDirectly?.((offered) => {
          const taken = [0, offered.length, offered.length >> 1][offers++ % 3] as number;
          got.push(Buffer.from(offered.subarray(0, taken)));
          return taken;
        });
        server.duplex.on('data', (chunk: Buffer) => {
          got.push(chunk);
          fromStream.bytes += chunk.length;
        });
        const ended = new Promise((resolve) => server.duplex.once('end', resolve));
        await writeInOddChunks(client, bytes);
        client.duplex.end();
        await ended;
        expect(Buffer.concat(got).equals(bytes)).toBe(true);
        expect(offers).toBeGreaterThan(3);
        expect(fromStream.bytes).toBeGreaterThan(0);
        expect(fromStream.bytes).toBeLessThan(bytes.length);
        expect(server.bytesReceived).toBeGreaterThanOrEqual(bytes.length);
      },
    );

    it('counts the bytes that went each way', async () => {
      fixture = await Fixture.start(traits, make);
      const { client, server } = await fixture.pair();
      const before = { client: client.stats(), server: server.stats() };
      client.duplex.write(pattern(10_000));
      await readExactly(server.duplex, 10_000);
      server.duplex.write(pattern(3000));
      await readExactly(client.duplex, 3000);
      // Bytes of the transport's payload or of the wire: framing may add to them, nothing may be missing.
      const grown = (now: number, then: number, least: number): void => {
        expect(now - then).toBeGreaterThanOrEqual(least);
        expect(now - then).toBeLessThan(least * 1.2 + 2000);
      };
      grown(client.bytesSent, before.client.bytesSent, 10_000);
      grown(server.bytesReceived, before.server.bytesReceived, 10_000);
      grown(server.bytesSent, before.server.bytesSent, 3000);
      grown(client.bytesReceived, before.client.bytesReceived, 3000);
    });

    it('serves 200 connections at once without mixing them', async () => {
      fixture = await Fixture.start(traits, make);
      const dialled = await Promise.all(Array.from({ length: 200 }, () => fixture.dial()));
      for (const [i, connection] of dialled.entries()) connection.duplex.write(pattern(500, i + 1));
      await until('all are accepted', () => fixture.accepted.length === 200);
      for (const connection of fixture.accepted) connection.duplex.pipe(connection.duplex);
      const answers = await Promise.all(dialled.map((connection) => readExactly(connection.duplex, 500)));
      expect(answers.every((answer, i) => answer.equals(pattern(500, i + 1)))).toBe(true);
      expect(fixture.listener.connections).toBe(200);
    }, 60_000);
  });
}
