import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';

const python = process.env.MQBENCH_AIOQUIC_PYTHON ?? 'python3';

function missing(): string | undefined {
  try {
    execFileSync(python, ['-c', 'import aioquic'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'needs Python with aioquic: pip install aioquic (MQBENCH_AIOQUIC_PYTHON names another interpreter)';
  }
}

const reason = missing();

describe.skipIf(reason)(`aioquic${reason ? `: skipped, ${reason}` : ''}`, () => {
  it('as client: a stream per message is acknowledged, and a wrong ALPN is refused', async () => {
    const broker = await Broker.start({ listeners: { quic: { port: 0 } } });
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-aioquic-'));
    try {
      const caFile = join(folder, 'ca.pem');
      writeFileSync(caFile, broker.ready.ca);
      const script = fileURLToPath(new URL('./peers/aioquic_client.py', import.meta.url));
      const { stdout } = await promisify(execFile)(python, [script, String(broker.ready.addresses.quic?.port), caFile]);
      expect(stdout.trim().split('\n')).toEqual(['acknowledged 20', 'h3 0x178']);
    } finally {
      rmSync(folder, { recursive: true });
      await broker.close();
    }
  }, 90_000);
});
