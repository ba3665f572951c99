import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
  ['calls what never comes back', 'import { go } from "./helper.mjs";\nexport default () => {\n\n  return go();\n};'],
  [
    'waits in a call that nobody can look into',
    'import { execSync } from "node:child_process";\nexport default () => execSync("sleep 40");',
  ],
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
  [
    'calls something deep that throws',
    'const deep = (n) => (n === 0 ? JSON.parse("{") : deep(n - 1));\n\nexport default () => deep(30);',
  ],
];

/** What a run says to a hook of this text. */
async function said(text: string, ...more: string[]): Promise<string> {
  const cwd = mkdtempSync(join(folder, 'case-'));
  writeFileSync(join(cwd, 'hook.mjs'), text);
  writeFileSync(join(cwd, 'helper.mjs'), 'export function go() {\n  for (;;);\n}\n');
  writeFileSync(join(cwd, 'exit.cjs'), 'module.exports = () => {\n  process.exit(0);\n};');
  writeFileSync(join(cwd, 'throw.cjs'), '\nmodule.exports = () => null.x;');
  symlinkSync('hook.mjs', join(cwd, 'link.mjs'));
  const args = `pub -h 127.0.0.1 -p ${broker.port} -t a -c 1 -q 1 -I 100ms --duration 30s --workers 1 --quiet`;
  const outcome = await runCli([...args.split(' '), '--hook', 'hook.mjs', ...more], { cwd });
  expect(outcome.tookMs).toBeLessThan(30_000); // it would have gone on for so long
  return whole(outcome);
}

describe.concurrent('a hook that', () => {
  it.for(stalls)('%s is told with its file, and ends the run', async ([, text], { expect }) => {
    expect(await said(text, '--hook-timeout', '2s')).toMatchSnapshot();
  });

  it.for(mistakes)('%s is told with its file, and ends the run', async ([, text], { expect }) => {
    expect(await said(text)).toMatchSnapshot();
  });

  it.for(['exit.cjs', 'throw.cjs', 'link.mjs'])('is %s is told with its line', async (file, { expect }) => {
    expect(await said('export default () => {\n  throw new Error("no");\n};', '--hook', file)).toMatchSnapshot();
  });
});
