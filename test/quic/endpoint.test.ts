import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { MqbenchError } from '../../src/base/errors.js';
import type { Address } from '../../src/transport/contract.js';
import { parseLong } from '../../src/transport/quic/endpoint/packet.js';
import { failureOf } from './bounded.js';
import { clientAddress, delivered, exchange, Lab, lost, pause, randomFates, serverAddress, until } from './wire.js';

let lab: Lab;
afterEach(() => lab.end());

const elsewhere = (i: number): Address => ({ host: '203.0.113.5', port: 50_000 + i });

describe('QUIC endpoints on a wire that damages', () => {
  it.each([1, 2, 3])(
    'deliver everything in order through loss, duplication and reordering (seed %i)',
    async (seed) => {
      lab = await Lab.start();
      lab.wire.fate = randomFates(seed, 0.1, 0.1, 0.2);
      const { client } = await lab.echoPair();
      const bytes = randomBytes(150_000);
      expect((await exchange(client, bytes)).equals(bytes)).toBe(true);
      expect(client.stats().packetsLost).toBeGreaterThan(0);
    },
    60_000,
  );

  it('end with an idle timeout on both sides when the path dies, and are forgotten', async () => {
    lab = await Lab.start({ idleTimeoutMs: 400 }, { keepAliveMs: 0 });
    const { client, server } = await lab.echoPair();
    const errors: MqbenchError[] = [];
    client.duplex.on('error', (error) => errors.push(error as MqbenchError));
    server.duplex.on('error', (error) => errors.push(error as MqbenchError));
    lab.wire.fate = () => lost;
    await until(() => errors.length === 2);
    expect(errors.map(({ code }) => code)).toEqual(['MQB_IDLE_TIMEOUT', 'MQB_IDLE_TIMEOUT']);
    await until(() => lab.client.size === 0 && lab.server.size === 0);
    for (const { counters } of [lab.client, lab.server]) {
      expect(counters).toMatchObject({ connectionsClosed: 1, closedIdle: 1 });
    }
  });

  it('count every byte of their datagrams, those of the handshake too', async () => {
    lab = await Lab.start();
    const { client, server } = await lab.echoPair();
    await exchange(client, randomBytes(20_000));
    const carried = (to: Address): number =>
      lab.wire.sent.filter((one) => one.to === to).reduce((sum, { packet }) => sum + packet.length, 0);
    await until(
      () => server.bytesReceived === carried(serverAddress) && client.bytesReceived === carried(clientAddress),
    );
    expect(client.stats()).toMatchObject({ bytesSent: server.bytesReceived, bytesReceived: server.bytesSent });
  });

  it('count who ended each connection', async () => {
    lab = await Lab.start();
    const { client } = await lab.echoPair();
    client.abort();
    await until(() => lab.server.size === 0);
    const { server } = await lab.echoPair();
    server.abort();
    await until(() => lab.client.size === 0);
    await until(() => lab.server.size === 0);
    for (const { counters } of [lab.client, lab.server]) {
      expect(counters).toMatchObject({ connectionsClosed: 2, closedHere: 1, closedByPeer: 1, closedIdle: 0 });
    }
  });

  it('are given up by a client that waits too long for an acknowledgement, but not in mere silence', async () => {
    lab = await Lab.start({}, { silenceMs: 300, keepAliveMs: 0 });
    const { client } = await lab.echoPair();
    await pause(700);
    expect(client.duplex.destroyed).toBe(false);
    const failed = failureOf(client);
    lab.wire.fate = () => lost;
    const started = performance.now();
    client.duplex.write('anybody there?');
    expect((await failed).code).toBe('MQB_SILENT');
    expect(performance.now() - started).toBeGreaterThan(290);
    lab.wire.fate = () => delivered;
    const again = await lab.dial();
    again.abort();
  });

  it('stay up in silence when the client pings', async () => {
    lab = await Lab.start({ idleTimeoutMs: 600 }, { keepAliveMs: 150 });
    const { client } = await lab.echoPair();
    await pause(2000);
    const bytes = randomBytes(100);
    expect((await exchange(client, bytes)).equals(bytes)).toBe(true);
  });
});

describe('a client that is moved', () => {
  it('keeps its connection through 25 moves, each with data on its way', async () => {
    lab = await Lab.start();
    const { client, server } = await lab.echoPair();
    for (let i = 0; i < 25; i++) {
      lab.wire.move(lab.clientIo, elsewhere(i));
      const bytes = randomBytes(5000);
      expect((await exchange(client, bytes)).equals(bytes)).toBe(true);
      expect(server.peerAddress).toEqual(elsewhere(i));
    }
    expect(server.stats().pathChanges).toBe(25);
    expect(lab.server.size).toBe(1);
  });

  it('gets what was in flight when the old path died', async () => {
    lab = await Lab.start();
    const { client, server } = await lab.echoPair();
    for (let round = 0; round < 3; round++) {
      lab.wire.fate = (_packet, from) => (from.port === serverAddress.port ? lost : delivered);
      const bytes = randomBytes(60_000);
      const echoed = exchange(client, bytes);
      await pause(300); // the server has sent what its window allows, into the void
      lab.wire.move(lab.clientIo, elsewhere(round));
      lab.wire.fate = () => delivered;
      client.quiche.sendAckEliciting();
      client.wake();
      expect((await echoed).equals(bytes)).toBe(true);
    }
    expect(server.stats().pathChanges).toBe(3);
  }, 30_000);

  it('is not moved by replayed, damaged or invented datagrams', async () => {
    lab = await Lab.start();
    const { client, server } = await lab.echoPair();
    await pause(50); // all of the client's datagrams have arrived: what follows are copies
    const genuine = lab.wire.sent.filter(({ from }) => from === clientAddress).map(({ packet }) => packet);
    for (const packet of genuine) {
      lab.wire.inject(Buffer.from(packet), elsewhere(1), serverAddress);
      const damaged = Buffer.from(packet);
      damaged[damaged.length - 1] = (damaged.at(-1) as number) ^ 1;
      lab.wire.inject(damaged, elsewhere(2), serverAddress);
    }
    await pause(50);
    expect(server.peerAddress).toEqual(clientAddress);
    expect(server.stats().pathChanges).toBe(0);
    expect((await exchange(client, Buffer.from('still here'))).toString()).toBe('still here');
  });

  it('can be given away by an attacker only with three times what the attacker sent', async () => {
    lab = await Lab.start();
    const { client, server } = await lab.echoPair();
    const thief = elsewhere(9);
    let stolen = 0;
    lab.wire.fate = (packet, from) => {
      if (from !== clientAddress) return delivered;
      stolen += packet.length;
      setImmediate(() => lab.wire.inject(Buffer.from(packet), thief, serverAddress)); // races ahead of the genuine one
      return lost;
    };
    const bytes = randomBytes(40_000);
    const echoed = exchange(client, bytes);
    await pause(300);
    expect(server.peerAddress).toEqual(thief);
    const received = lab.serverIo.bytesTo.get(`${thief.host}:${thief.port}`) ?? 0;
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThanOrEqual(3 * stolen);
    lab.wire.fate = () => delivered;
    expect((await echoed).equals(bytes)).toBe(true); // the next genuine datagram takes it back
    expect(server.peerAddress).toEqual(clientAddress);
  }, 30_000);
});

describe('strangers', () => {
  it('are counted and never disturb a client', async () => {
    lab = await Lab.start();
    const { client } = await lab.echoPair();
    for (let i = 0; i < 2000; i++) {
      lab.wire.inject(randomBytes(1 + (i % 1500)), elsewhere(i), serverAddress);
    }
    expect((await exchange(client, Buffer.from('hello'))).toString()).toBe('hello');
    const { datagramsUnknown, datagramsMalformed, versionsNegotiated } = lab.server.counters;
    expect(datagramsUnknown + datagramsMalformed + versionsNegotiated).toBeGreaterThan(1900);
  });

  it('with another version are told which one is spoken', async () => {
    lab = await Lab.start();
    const packet = Buffer.alloc(1200);
    packet.set([0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 4, 9, 9, 9, 9]);
    lab.wire.inject(packet, elsewhere(1), serverAddress);
    const answer = lab.wire.sent.at(-1);
    const header = parseLong(answer?.packet as Buffer);
    expect(answer?.to).toEqual(elsewhere(1));
    expect(header).toMatchObject({ version: 0, type: 'version' });
    expect(header?.dcid).toEqual(Buffer.of(9, 9, 9, 9));
    expect(lab.server.counters.versionsNegotiated).toBe(1);
    expect(lab.server.size).toBe(0);
  });

  it('cannot make a connection with an Initial below 1200 bytes or one that does not decrypt', async () => {
    lab = await Lab.start();
    const client = await lab.dial();
    const initial = lab.wire.sent[0]?.packet as Buffer;
    const before = lab.server.size;
    const unknown = Buffer.from(initial);
    unknown[7] = (unknown[7] as number) ^ 1; // another destination id: other keys, so it cannot be decrypted
    lab.wire.inject(unknown.subarray(0, 1199), elsewhere(1), serverAddress);
    lab.wire.inject(unknown, elsewhere(1), serverAddress);
    expect(lab.server.size).toBe(before);
    expect(lab.server.counters.datagramsMalformed).toBe(1);
    client.abort();
  });
});
