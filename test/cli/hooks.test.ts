import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { ScriptedBroker } from '../helpers/scripted-broker.js';

let folder: string;
let broker: ScriptedBroker;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-hooks-'));
  broker = await ScriptedBroker.open(() => false);
});
afterAll(() => {
  broker.close();
  rmSync(folder, { recursive: true, force: true });
});

const cases: readonly [string, string, RegExp][] = [
  [
    'never comes back',
    'export default () => {\n  while (true);\n};',
    /the hook \S+hook\.mjs has not come back for 10 s/,
  ],
  [
    'never is loaded',
    'await new Promise(() => {});\nexport default () => "x";',
    /hook\.mjs: it was not loaded after 5 s/,
  ],
  ['is busy while it is loaded', '\nwhile (true);\nexport default () => "x";', /hook\.mjs has not come back for 10 s/],
  ['ends the process', 'export default () => process.exit(0);', /hook\.mjs called process\.exit/],
  [
    'throws',
    'export default () => {\n\n  throw new Error("no more");\n};',
    /hook\.mjs:3 failed at message 0 of client \S+: no more/,
  ],
  ['makes a BigInt', 'export default () => ({ n: 1n });', /hook\.mjs made an object of message 0 .*BigInt/],
  ['makes a circle', 'export default () => { const a = {}; a.a = a; return a; };', /made an object of .*circular/],
  [
    'makes what cannot be looked at',
    'export default () => new Proxy({}, { get() { throw new Error("mine"); } });',
    /hook\.mjs made an object of .*mine/,
  ],
  ['makes nothing', 'export default () => undefined;', /hook\.mjs made undefined of message 0/],
  ['makes a promise', 'export default async () => "later";', /hook\.mjs made a promise of message 0/],
  ['is no module', 'export default (\n', /load the hook \S+hook\.mjs/],
];

describe('a hook that', () => {
  it.each(cases)('%s is told with its file, and ends the run', { timeout: 60_000 }, async (_, text, says) => {
    const at = mkdtempSync(join(folder, 'case-'));
    writeFileSync(join(at, 'hook.mjs'), text);
    const began = performance.now();
    const { code, stderr } = await runCli(
      [
        ...['pub', '-h', '127.0.0.1', '-p', String(broker.port), '-t', 'a', '-c', '1', '-q', '1', '-I', '100ms'],
        ...['--hook', 'hook.mjs', '--duration', '30s', '--workers', '1', '--quiet'],
      ],
      { cwd: at },
    );
    expect(stderr).toMatch(says);
    expect(stderr).toContain('mqbench: ');
    expect(code).toBe(2);
    expect(performance.now() - began).toBeLessThan(40_000);
  });
});
