import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startBroker } from '../../src/broker/process.js';
import { startCli } from '../helpers/cli.js';

// Node 20 reads and compiles every module at every start, a millisecond of a core each.

/** What V8 says of the scripts of a process. */
interface Coverage {
  readonly result: readonly { readonly url: string }[];
}

/** The files that a process loaded. */
interface Loaded {
  readonly own: readonly string[];
  readonly packages: readonly string[];
  readonly count: number;
}

function read(coverage: Coverage): Loaded {
  const files = [...new Set(coverage.result.map(({ url }) => url).filter((url) => url.startsWith('file:')))];
  const packageOf = (url: string) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  return {
    count: files.length,
    own: files.filter((url) => packageOf(url) === undefined).map((url) => url.replace(/.*\/dist\//, '')),
    packages: [...new Set(files.flatMap((url) => packageOf(url) ?? []))].sort(),
  };
}

/** Of each process of a command line, the one that loads most first. */
async function loaded(...args: readonly string[]): Promise<Loaded[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-modules-'));
  try {
    const { code, stderr } = await startCli(args, { env: { NODE_V8_COVERAGE: folder } }).ended;
    expect(code, stderr).toBe(0);
    const processes = readdirSync(folder).map((file) => read(JSON.parse(readFileSync(join(folder, file), 'utf8'))));
    return processes.sort((a, b) => b.count - a.count);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('what is loaded', () => {
  it('by --version is what reads the command line', async () => {
    const [main, ...others] = await loaded('--version');
    expect(others).toEqual([]);
    expect(main?.packages).toEqual(['commander']);
    expect(main?.count).toBeLessThanOrEqual(28);
  });

  it('by pub over TCP is nothing of other transports, of Prometheus, of files and of reports', async () => {
    const broker = await startBroker({ listeners: { tcp: { port: 0 } } });
    try {
      const url = `mqtt://127.0.0.1:${broker.ready.addresses.tcp?.port}`;
      const [main, worker, ...others] = await loaded('pub', url, ...'-t a -q 1 -c 1 -L 1'.split(' '));
      expect(others).toEqual([]);
      expect(main?.own).toContain('main.js');
      expect(worker?.own).toContain('load/worker/entry.js');
      for (const name of ['ws', 'prom-client', 'zod', 'yaml', 'echarts', 'aedes', '@matrixai/quic', 'selfsigned']) {
        expect(main?.packages).not.toContain(name);
        expect(worker?.packages).not.toContain(name);
      }
      expect(main?.count).toBeLessThanOrEqual(285);
      expect(worker?.count).toBeLessThanOrEqual(182);
    } finally {
      await broker.close();
    }
  });
});
