import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { EarlyDataGate } from '../../src/broker/quic/early-data.js';
import type { Connection } from '../../src/transport/contract.js';

/** What the gate sees of a QUIC connection in its handshake. */
function handshaking(): Connection & { confirmed: boolean } {
  const duplex = new PassThrough();
  return { confirmed: false, duplex } as unknown as Connection & { confirmed: boolean };
}

describe('early data gate', () => {
  let gate: EarlyDataGate;
  afterEach(() => gate.stop());

  it('keeps what would do harm until the handshake is confirmed, and keeps its order', async () => {
    gate = new EarlyDataGate('hold');
    const connection = handshaking();
    const done: string[] = [];
    gate.pass(connection, true, () => done.push('first'));
    gate.pass(connection, true, () => done.push('second'));
    gate.pass(connection, false, () => done.push('harmless'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(done).toEqual(['harmless']);
    connection.confirmed = true;
    await expect.poll(() => done).toEqual(['harmless', 'first', 'second']);
    expect([gate.early, gate.heldTotal, gate.dropped, gate.waiting]).toEqual([3, 2, 0, 0]);
  });

  it('drops what came on a handshake that failed', async () => {
    gate = new EarlyDataGate('hold');
    const connection = handshaking();
    let acted = false;
    gate.pass(connection, true, () => {
      acted = true;
    });
    connection.duplex.destroy();
    await expect.poll(() => gate.dropped).toBe(1);
    connection.confirmed = true;
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect([acted, gate.waiting]).toEqual([false, 0]);
  });

  it('does not look at packets after the handshake, or of other transports', () => {
    gate = new EarlyDataGate('hold');
    const confirmed = handshaking();
    confirmed.confirmed = true;
    let acted = 0;
    for (const connection of [confirmed, undefined, { duplex: new PassThrough() } as unknown as Connection]) {
      gate.pass(connection, true, () => acted++);
    }
    expect([acted, gate.early]).toEqual([3, 0]);
  });

  it('lets everything through with the policy accept, and counts it', () => {
    gate = new EarlyDataGate('accept');
    let acted = false;
    gate.pass(handshaking(), true, () => {
      acted = true;
    });
    expect([acted, gate.early, gate.heldTotal]).toEqual([true, 1, 0]);
  });
});
