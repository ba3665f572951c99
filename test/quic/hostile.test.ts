import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { Random } from '../../src/base/numbers/random.js';
import type { Address } from '../../src/transport/contract.js';
import { RetryTokens } from '../../src/transport/quic/endpoint/retry-token.js';
import { realTime, type TimeSource } from '../../src/transport/quic/endpoint/scheduler.js';
import { clientAddress, exchange, Lab, pause, serverAddress, until } from './wire.js';

let lab: Lab;
afterEach(() => lab?.end());

/** Vitest runs without --expose-gc; a new context gets the function once the flag is set. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const stranger = (i: number): Address => ({ host: `203.0.113.${1 + (i % 200)}`, port: 1024 + (i % 60_000) });

/** One of the usual accidents and tricks: a flipped, cut, lengthened, replayed or re-headed datagram. */
function mutate(packet: Buffer, random: Random): Buffer {
  const copy = Buffer.from(packet);
  const at = random.below(copy.length);
  switch (random.below(7)) {
    case 0:
      copy[at] = random.below(256);
      return copy;
    case 1:
      return copy.subarray(0, at);
    case 2:
      return Buffer.concat([copy, randomBytes(1 + random.below(200))]);
    case 3:
      return copy; // a plain replay
    case 4:
      copy[0] = random.below(256); // another type, another version bit
      return copy;
    case 5:
      copy.writeUInt32BE(random.uint32(), Math.min(1, copy.length - 4)); // another version
      return copy;
    default:
      for (let i = 0; i < 20; i++) copy[random.below(copy.length)] = random.below(256);
      return copy;
  }
}

describe('100,000 mutated datagrams', () => {
  it('harm neither the endpoint nor a good client, and leave no memory behind', async () => {
    lab = await Lab.start({ handshakeTimeoutMs: 500, maxHandshakes: 500 });
    const { client } = await lab.echoPair();
    await exchange(client, randomBytes(30_000));
    await pause(50);
    const corpus = lab.wire.sent.filter(({ from }) => from === clientAddress).map(({ packet }) => packet);
    lab.wire.sent.length = 0;
    const keep = lab.wire.sent.push;
    lab.wire.sent.push = () => 0; // the wire's own memory is not what is measured
    const random = new Random(42);
    const round = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const packet = mutate(corpus[random.below(corpus.length)] as Buffer, random);
        // Half of them claim to come from the good client itself.
        lab.wire.inject(packet, random.below(2) === 0 ? clientAddress : stranger(i), serverAddress);
        if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      expect((await exchange(client, Buffer.from('still there?'))).toString()).toBe('still there?');
    };
    await round(20_000); // caches and pools have their size after this
    await until(() => lab.server.size === 1, 15_000);
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 8; i++) await round(10_000);
    await until(() => lab.server.size === 1, 15_000); // every half-open handshake has timed out
    globalThis.gc?.();
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024);
    lab.wire.sent.push = keep;
    expect(lab.server.unfinished).toBe(0);
  }, 120_000);
});

describe('half-open handshakes', () => {
  it('10,000 of them are bounded, time out, and a good client works on', async () => {
    lab = await Lab.start({ maxHandshakes: 300, handshakeTimeoutMs: 400 });
    const { client } = await lab.echoPair();
    const attacker = await lab.another({ host: '203.0.113.9', port: 9 });
    lab.wire.fate = (_packet, _from, to) => ({ copies: to.port === 9 ? 0 : 1, delayMs: 0 }); // never hears an answer
    for (let i = 0; i < 10_000; i += 500) {
      for (let k = 0; k < 500; k++) lab.firstDatagram(attacker);
      await pause(5);
      expect(lab.server.unfinished).toBeLessThanOrEqual(300);
    }
    await until(() => lab.server.counters.connectionsRefused > 5000, 15_000);
    expect((await exchange(client, Buffer.from('fine'))).toString()).toBe('fine');
    await until(() => lab.server.size === 1 && lab.server.unfinished === 0, 15_000);
    attacker.close();
  }, 60_000);

  it('10,000 of them stay open at once beside a working client, and leave no memory behind', async () => {
    const most = 10_000;
    let ahead = 0; // the deadline of a handshake passes when the test says so, not when the machine is busy
    const time: TimeSource = { ...realTime, now: () => realTime.now() + ahead };
    lab = await Lab.start({ maxHandshakes: 2 * most, handshakeTimeoutMs: 600_000 }, { keepAliveMs: 0 }, time);
    const { client } = await lab.echoPair();
    const attacker = await lab.another({ host: '203.0.113.9', port: 9 });
    lab.wire.fate = (_packet, _from, to) => ({ copies: to.port === 9 ? 0 : 1, delayMs: 0 }); // never hears an answer
    lab.wire.sent.push = () => 0; // the wire's own memory is not what is measured
    const flood = async (count: number): Promise<number> => {
      for (let i = 0; i < count; i++) {
        lab.firstDatagram(attacker);
        if (i % 100 === 0) await pause(0);
        if (i % 2000 === 0) expect((await exchange(client, Buffer.from('meanwhile'))).toString()).toBe('meanwhile');
      }
      await until(() => lab.server.unfinished === count, 40_000);
      expect(lab.server.size).toBe(count + 1);
      expect((await exchange(client, randomBytes(20_000))).length).toBe(20_000);
      ahead += 600_001;
      lab.server.wheel.advance();
      await until(() => lab.server.size === 1 && lab.server.unfinished === 0, 40_000);
      for (let i = 0; i < 2; i++) {
        collectGarbage(); // quiche's memory is freed by finalizers, in a later turn
        await pause(50);
      }
      return process.memoryUsage().rss;
    };
    const once = await flood(most); // the allocator's pools have their size after this
    // 12 KB per handshake: a quiche connection that is not freed is some times as much. Measured: 11 to 16 MB.
    expect((await flood(most / 2)) - once).toBeLessThan(60 * 1024 * 1024);
    expect((await exchange(client, Buffer.from('after'))).toString()).toBe('after');
    expect(lab.server.counters.connectionsRefused).toBe(0);
    attacker.close();
  }, 120_000);

  it('are answered by a Retry above the threshold, which clients survive and liars do not', async () => {
    lab = await Lab.start({ retry: 'flood', retryAbove: 0 });
    const { client } = await lab.echoPair();
    expect(lab.server.counters.retriesSent).toBe(1);
    expect((await exchange(client, Buffer.from('validated'))).toString()).toBe('validated');
    const second = lab.wire.sent.filter(({ from }) => from === clientAddress)[1]?.packet as Buffer; // with its token
    lab.wire.inject(Buffer.from(second), stranger(7), serverAddress); // the token is another address's: but the id is known
    expect(lab.server.size).toBe(1);
  });

  it('tokens of a Retry are for one address, one id and ten seconds', () => {
    const tokens = new RetryTokens();
    const [original, retryId] = [randomBytes(8), randomBytes(12)];
    const token = tokens.issue(stranger(1), original, retryId, 1000);
    expect(tokens.check(token, stranger(1), retryId, 5000)).toEqual(original);
    expect(tokens.check(token, stranger(2), retryId, 5000)).toBeUndefined();
    expect(tokens.check(token, stranger(1), randomBytes(12), 5000)).toBeUndefined();
    expect(tokens.check(token, stranger(1), retryId, 12_000)).toBeUndefined();
    expect(tokens.check(Buffer.from('forged'), stranger(1), retryId, 5000)).toBeUndefined();
    expect(tokens.check(token.subarray(1), stranger(1), retryId, 5000)).toBeUndefined();
    expect(new RetryTokens().check(token, stranger(1), retryId, 5000)).toBeUndefined();
  });
});

describe('clients that do nothing', () => {
  it('are closed when they never open a stream', async () => {
    lab = await Lab.start({ firstStreamTimeoutMs: 200 });
    const client = await lab.dial();
    await until(() => client.duplex.destroyed);
    expect(lab.accepted).toHaveLength(0);
    await until(() => lab.server.size === 0);
  });

  it('block nothing when they grant no flow control', async () => {
    lab = await Lab.start({}, { streamWindow: 1, connectionWindow: 1, maxStreamWindow: 1, maxConnectionWindow: 1 });
    const client = await lab.dial();
    client.duplex.pause();
    client.duplex.write('x');
    await until(() => lab.accepted.length === 1);
    const server = lab.accepted[0];
    server?.duplex.write(randomBytes(500_000));
    await pause(100);
    expect(server?.duplex.writableNeedDrain).toBe(true);
    client.abort();
    await until(() => lab.server.size === 0);
  });
});
