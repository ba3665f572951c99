import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dropsIn, receiveDrops } from '../../../../src/load/worker/receive-drops.js';

describe('datagrams dropped before they were read', () => {
  it('are those of the sockets asked for', () => {
    const table = [
      '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops',
      '  123: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 12',
      '  124: 0100007F:1F91 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 5',
      '',
    ].join('\n');
    expect(dropsIn(table, new Set(['4711']))).toBe(12);
    expect(dropsIn(table, new Set(['4711', '4712', '1']))).toBe(17);
    expect(dropsIn('', new Set(['4711']))).toBe(0);
  });

  it.skipIf(!hasTable())('are counted for a socket of this process that nobody reads', async () => {
    const before = receiveDrops();
    const receiver = createSocket({ type: 'udp4', recvBufferSize: 4_096 });
    await new Promise<void>((resolve) => receiver.bind(0, '127.0.0.1', resolve));
    const sender = createSocket('udp4');
    const { port } = receiver.address();
    await new Promise<void>((resolve) => sender.connect(port, '127.0.0.1', resolve));
    for (let i = 0; i < 200; i++) sender.send(Buffer.alloc(1_000)); // the event loop reads nothing meanwhile
    expect(receiveDrops() - before).toBeGreaterThan(100);
    sender.close();
    receiver.close();
  });
});

function hasTable(): boolean {
  try {
    return readFileSync('/proc/self/net/udp', 'latin1').includes('drops');
  } catch {
    return false;
  }
}
