import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startBroker } from '../../src/broker/process.js';
import { startCli } from '../helpers/cli.js';

// Node 20 reads and compiles what it loads at every start. The build makes one file of what belongs together
// (scripts/bundle.mjs), so that text counts as much as files do.

/** What V8 says of the scripts of a process. */
interface Coverage {
  readonly result: readonly { readonly url: string }[];
}

/** What a process loaded. */
interface Loaded {
  readonly files: readonly string[];
  readonly text: string;
}

function read(coverage: Coverage): Loaded {
  const files = [...new Set(coverage.result.map(({ url }) => url).filter((url) => url.startsWith('file:')))];
  return {
    files: files.map((url) => url.replace(/.*\/dist\//, '')),
    text: files.map((url) => readFileSync(new URL(url), 'utf8')).join('\n'),
  };
}

/** What stands in packages, and where they are used or not. */
const signs = {
  'mqtt-packet': 'writeToStream',
  ws: 'WebSocketServer',
  'prom-client': 'collectDefaultMetrics(',
  zod: 'ZodError',
  yaml: 'YAMLParseError',
  aedes: 'aedes-persistence',
};

/** Of each process of a command line, the one that loads most first. */
async function loaded(...args: readonly string[]): Promise<Loaded[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-modules-'));
  try {
    const { code, stderr } = await startCli(args, { env: { NODE_V8_COVERAGE: folder } }).ended;
    expect(code, stderr).toBe(0);
    const processes = readdirSync(folder).map((file) => read(JSON.parse(readFileSync(join(folder, file), 'utf8'))));
    return processes.sort((a, b) => b.files.length - a.files.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('what is loaded', () => {
  it('by --version is what reads the command line', async () => {
    const [main, ...others] = await loaded('--version');
    expect(others).toEqual([]);
    expect(main?.files.length).toBeLessThanOrEqual(20);
    expect(main?.text.length).toBeLessThan(170_000);
  });

  it('by pub over TCP is nothing of other transports, of Prometheus, of files and of reports', async () => {
    const broker = await startBroker({ listeners: { tcp: { port: 0 } } });
    try {
      const url = `mqtt://127.0.0.1:${broker.ready.addresses.tcp?.port}`;
      const [main, worker, ...others] = await loaded('pub', url, ...'-t a -q 1 -c 1 -L 1'.split(' '));
      expect(others).toEqual([]);
      expect(main?.files).toContain('main.js');
      expect(worker?.files).toContain('load/worker/entry.js');
      expect(worker?.text).toContain(signs['mqtt-packet']); // packages are seen
      for (const { text } of [main as Loaded, worker as Loaded]) {
        for (const name of ['ws', 'prom-client', 'zod', 'yaml', 'aedes'] as const)
          expect(text.includes(signs[name]), name).toBe(false);
      }
      expect(main?.files.length).toBeLessThanOrEqual(75);
      expect(main?.text.length).toBeLessThan(900_000);
      expect(worker?.files.length).toBeLessThanOrEqual(8);
      expect(worker?.text.length).toBeLessThan(670_000);
    } finally {
      await broker.close();
    }
  });
});
