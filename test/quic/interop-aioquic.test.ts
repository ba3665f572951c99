import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import { tellSkipped } from '../helpers/skipped.js';

/** Where scripts/setup.sh puts it. */
const installed = fileURLToPath(new URL('../../node_modules/.cache/aioquic/bin/python', import.meta.url));
const python = process.env.MQBENCH_AIOQUIC_PYTHON ?? (existsSync(installed) ? installed : 'python3');

function missing(): string | undefined {
  try {
    execFileSync(python, ['-c', 'import aioquic'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return `${python} has no aioquic: scripts/test.sh installs it from PyPI (MQBENCH_AIOQUIC_PYTHON names another interpreter)`;
  }
}

const reason = tellSkipped('interoperation with aioquic', missing());

describe.skipIf(reason)('aioquic', () => {
  /** The lines that one of our clients on aioquic prints, run against a broker of ours. */
  async function run(script: string): Promise<string[]> {
    const broker = await Broker.start({ listeners: { quic: { port: 0 } } });
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-aioquic-'));
    try {
      const caFile = join(folder, 'ca.pem');
      writeFileSync(caFile, broker.ready.ca);
      const path = fileURLToPath(new URL(`./peers/${script}`, import.meta.url));
      const { stdout } = await promisify(execFile)(python, [path, String(broker.ready.addresses.quic?.port), caFile]);
      return stdout.trim().split('\n');
    } finally {
      rmSync(folder, { recursive: true });
      await broker.close();
    }
  }

  it('as client: a stream per message is acknowledged, and a wrong ALPN is refused', async () => {
    expect(await run('aioquic_client.py')).toEqual(['acknowledged 20', 'h3 0x178']);
  }, 90_000);

  it('as client: every kind of frame against the control stream has the reaction that RFC 9000 and EMQX give it', async () => {
    expect(await run('aioquic_frames.py')).toMatchInlineSnapshot(`
      [
        "FIN: closed with application error 0",
        "STOP_SENDING: RESET_STREAM 500, STOP_SENDING 500, closed with application error 1",
        "RESET_STREAM: RESET_STREAM 500, closed with application error 1",
        "STREAM_DATA_BLOCKED: lives on",
        "MAX_STREAM_DATA: lives on",
        "MAX_STREAM_DATA below the last: lives on",
        "STREAM again: lives on",
        "STREAM beyond the window: closed with transport error 3",
        "STREAM behind its end: closed with transport error 6",
        "FIN before what came: closed with transport error 6",
        "RESET_STREAM before what came: closed with transport error 6",
        "STREAM of a stream that is the server's: closed with transport error 5",
        "STOP_SENDING of a stream that is the server's: closed with transport error 5",
        "MAX_STREAM_DATA of a stream that is the server's: closed with transport error 5",
        "STREAM of more streams than granted: closed with transport error 4",
        "STREAM of a unidirectional stream: closed with transport error 4",
        "a frame that nobody knows: closed with transport error 7",
      ]
    `);
  }, 90_000);
});
