import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { ScriptedBroker } from '../helpers/scripted-broker.js';
import { whole } from '../helpers/steady.js';

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

const stalls: readonly [string, string][] = [
  ['never comes back', 'export default () => {\n  while (true);\n};'],
  ['never is loaded', 'await new Promise(() => {});\nexport default () => "x";'],
  ['is busy while it is loaded', '\nwhile (true);\nexport default () => "x";'],
];
const mistakes: readonly [string, string][] = [
  ['ends the process', 'export default () => process.exit(0);'],
  ['throws', 'export default () => {\n\n  throw new Error("no more");\n};'],
  ['makes a BigInt', 'export default () => ({ n: 1n });'],
  ['makes a circle', 'export default () => { const a = {}; a.a = a; return a; };'],
  ['makes what cannot be looked at', 'export default () => new Proxy({}, { get() { throw new Error("mine"); } });'],
  ['makes nothing', 'export default () => undefined;'],
  ['makes a promise', 'export default async () => "later";'],
  ['is no module', 'export default (\n'],
];

/** What a run says to a hook of this text. */
async function said(text: string, ...more: string[]): Promise<string> {
  const cwd = mkdtempSync(join(folder, 'case-'));
  writeFileSync(join(cwd, 'hook.mjs'), text);
  const args = `pub -h 127.0.0.1 -p ${broker.port} -t a -c 1 -q 1 -I 100ms --duration 30s --workers 1 --quiet`;
  const outcome = await runCli([...args.split(' '), '--hook', 'hook.mjs', ...more], { cwd });
  expect(outcome.tookMs).toBeLessThan(20_000);
  return whole(outcome);
}

describe.concurrent('a hook that', () => {
  it.for(stalls)('%s is told with its file, and ends the run', async ([, text], { expect }) => {
    expect(await said(text, '--hook-timeout', '2s')).toMatchSnapshot();
  });

  it.for(mistakes)('%s is told with its file, and ends the run', async ([, text], { expect }) => {
    expect(await said(text)).toMatchSnapshot();
  });
});
