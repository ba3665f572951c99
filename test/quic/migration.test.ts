import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Address } from '../../src/transport/contract.js';
import { migrate } from '../../src/transport/quic/connection/migration.js';
import { clientAddress, delivered, exchange, Lab, lost, pause, until } from './wire.js';

let lab: Lab;
afterEach(() => lab.end());

const place = (i: number): Address => ({ host: clientAddress.host, port: 41_000 + i });

describe.each(['follow', 'path-validation'] as const)('active migration, address mode %s', (addressMode) => {
  it('moves the client to another socket with its data, and both ends see it', async () => {
    lab = await Lab.start({ addressMode }, { addressMode });
    const { client, server } = await lab.echoPair();
    await pause(100); // spare connection ids have gone both ways
    const next = await lab.another(place(1));
    const bytes = randomBytes(20_000);
    const echoed = exchange(client, bytes);
    const micros = await migrate(client, next, place(1));
    expect((await echoed).equals(bytes)).toBe(true);
    expect(micros).toBeGreaterThan(0);
    expect(client.localAddress).toEqual(place(1));
    const more = randomBytes(3000);
    expect((await exchange(client, more)).equals(more)).toBe(true);
    expect(server.peerAddress).toEqual(place(1));
    expect(server.stats().pathChanges).toBe(1);
    next.close();
  });

  it('stays where it is when the new path is dead', async () => {
    lab = await Lab.start({ addressMode }, { addressMode });
    const { client, server } = await lab.echoPair();
    await pause(100);
    const next = await lab.another(place(2));
    lab.wire.fate = (_packet, from, to) =>
      from.port === place(2).port || to.port === place(2).port ? lost : delivered;
    await expect(migrate(client, next, place(2))).rejects.toMatchObject({ code: 'MQB_MIGRATION_FAILED' });
    const bytes = randomBytes(3000);
    expect((await exchange(client, bytes)).equals(bytes)).toBe(true);
    expect(client.localAddress).toEqual(clientAddress);
    expect(server.peerAddress).toEqual(clientAddress);
  }, 20_000);

  it('is refused when the server has set disable_active_migration', async () => {
    lab = await Lab.start({ addressMode, allowMigration: false }, { addressMode });
    const { client } = await lab.echoPair();
    const next = await lab.another(place(3));
    await expect(migrate(client, next, place(3))).rejects.toMatchObject({ code: 'MQB_MIGRATION_REFUSED' });
  });
});

describe('address mode follow', () => {
  it('survives 20 active moves in one connection', async () => {
    lab = await Lab.start();
    const { client, server } = await lab.echoPair();
    let home = lab.client;
    for (let i = 0; i < 20; i++) {
      const next = await lab.another(place(10 + i));
      await migrate(client, next, place(10 + i));
      home = next;
      const bytes = randomBytes(2000);
      expect((await exchange(client, bytes)).equals(bytes)).toBe(true);
    }
    expect(server.stats().pathChanges).toBe(20);
    home.close();
  });
});

describe('address mode path-validation', () => {
  it('lets the server validate a rebind by itself', async () => {
    lab = await Lab.start({ addressMode: 'path-validation' }, { addressMode: 'path-validation' });
    const { client, server } = await lab.echoPair();
    await pause(100);
    lab.wire.move(lab.clientIo, place(50));
    const bytes = randomBytes(3000);
    expect((await exchange(client, bytes)).equals(bytes)).toBe(true);
    await until(() => server.stats().pathChanges === 1);
    expect(server.peerAddress).toEqual(place(50));
  });
});
