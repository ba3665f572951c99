import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { readPage, root } from './pages.js';

const { blocks, prose } = readPage('docs/how-to/data-frames.md');
const folder = mkdtempSync(join(tmpdir(), 'mqbench-frames-'));
beforeAll(async () => {
  const args = ['report', `${root}results/baselines/demo-quick`, '--out', 'all', '--format', 'csv'];
  expect((await runCli(args, { cwd: folder })).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What runs a block of this language, and what has to be there for it. */
const runners = {
  python: { program: 'python3', needs: ['-c', 'import pandas'] },
  r: { program: 'Rscript', needs: ['--version'] },
} as const;

describe.each(Object.entries(runners))('docs/how-to/data-frames.md, the code in %s', (language, { program, needs }) => {
  const isThere = spawnSync(program, needs).status === 0;
  if (!isThere) process.stderr.write(`skipped: the examples in ${language}: no ${program} with what they need\n`);
  const examples = blocks.filter((block) => block.language === language);

  it.skipIf(!isThere).each(examples)('runs and prints a line per transport: line $line', ({ text }) => {
    const { status, stdout, stderr } = spawnSync(program, ['-'], { cwd: folder, input: text, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    for (const arm of ['tcp', 'tls', 'quic']) expect(stdout).toContain(arm);
    expect(stdout).toMatch(/\d+\.\d+/);
  });
});

it('docs/how-to/data-frames.md names the columns that are there, and no other', () => {
  const [heading = ''] = readFileSync(join(folder, 'all/cells.csv'), 'utf8').split(/\r?\n/);
  const table = prose.slice(prose.findIndex((line) => line.startsWith('| column ')) + 2);
  const rows = table.slice(0, table.indexOf(''));
  const named = rows.flatMap((row) => (row.split('|')[1] ?? '').match(/\w+/g) ?? []);
  expect(named).toEqual(heading.split(','));
  const series = readFileSync(join(folder, 'all/timeline.csv'), 'utf8').split(/\r?\n/)[0];
  expect(prose.join('\n')).toContain(`(\`${series}\`)`);
});
