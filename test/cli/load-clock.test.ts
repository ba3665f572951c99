import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nowMicros } from '../../src/base/clock.js';
import { clockIdentity } from '../../src/base/clock-identity.js';
import { stampBytes, writeStampHead, writeStampTail } from '../../src/mqtt/stamp/stamp.js';
import type { Result } from '../../src/result/types.js';
import { runCli } from '../helpers/cli.js';
import { ScriptedBroker } from '../helpers/scripted-broker.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-clock-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Five messages of `mqbench pub`, written 2 ms ago by a clock that stands where this machine's does. */
async function sub(change: (stamp: Buffer, due: number) => void) {
  const broker = await ScriptedBroker.open(({ cmd }, peer) => {
    if (cmd !== 'subscribe') return false;
    setTimeout(() => {
      for (let sequence = 0; sequence < 5; sequence++) {
        const payload = Buffer.alloc(stampBytes);
        const due = nowMicros() - 2000;
        writeStampHead(payload, 0, 77, 0, 0);
        writeStampTail(payload, 0, sequence, due);
        change(payload, due);
        peer.write({ cmd: 'publish', topic: 'a', payload, qos: 0, dup: false, retain: false });
      }
    }, 100);
    return false;
  });
  try {
    const at = ['-h', '127.0.0.1', '-p', String(broker.port)];
    const more = ['--duration', '700ms', '--quiet', '--json', 'r.json', '--expect', 'delivery.e2e.p99 < 500ms'];
    const outcome = await runCli(['sub', ...at, '-t', 'a', '-c', '1', ...more], { cwd: folder });
    const { cells } = JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8')) as Result;
    return { ...outcome, cell: cells[0] as Result['cells'][number] };
  } finally {
    broker.close();
  }
}

describe('messages that come with a stamp', { timeout: 60_000 }, () => {
  it('of this machine’s clock have a latency', async () => {
    const { code, stdout, cell } = await sub(() => {});
    expect(stdout).toContain('Received   5');
    expect(stdout).not.toContain('another clock');
    expect(cell.metrics.distributions['delivery.e2e']?.count).toBe(5);
    expect(cell.counters['messages.otherClock']).toBe(0);
    expect(code).toBe(0);
  });

  it.each([
    [
      'of another boot of a machine, whose clock stands where this one’s does',
      (stamp: Buffer, due: number) =>
        writeStampTail(stamp, 0, stamp.readUInt32LE(10), due, (clockIdentity() + 2 ** 40) % 2 ** 48),
    ],
    [
      'of the earlier form, which does not tell its clock',
      (stamp: Buffer) => {
        stamp[1] = 0x4d;
      },
    ],
  ])('%s are counted, have no latency, and a doubt says so', async (_, change) => {
    const { code, stdout, cell } = await sub(change);
    expect(stdout).toContain('Received   5');
    expect(stdout).toContain('5 received, 0 duplicate, 0 out of order, 0 missing between');
    expect(stdout).toMatch(
      /^Doubt \?\d +delivery\.e2e: 5 of 5 messages were stamped by another clock than this machine’s, and have no latency/m,
    );
    expect(stdout).not.toContain('Delivered');
    expect(cell.metrics.values['messages.received']).toBe(5);
    expect(cell.metrics.distributions['delivery.e2e']).toBeUndefined();
    expect(cell.counters['messages.otherClock']).toBe(5);
    expect(cell.doubts).toContainEqual(expect.objectContaining({ code: 'other-clock', metric: 'delivery.e2e' }));
    expect(code).toBe(10); // what was expected of latencies is without data
  });
});
