import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { words } from '../../src/cli/ab/builds.js';
import { commands } from '../../src/cli/commands.js';
import { readFirstWords } from '../../src/cli/first-words.js';
import { buildProgram } from '../../src/cli/program.js';
import type { Result } from '../../src/result/types.js';
import { throwAwayCertificates } from '../../src/transport/tls/certs.js';
import { runCli } from '../helpers/cli.js';
import { fakeEnvironment } from '../helpers/fake-environment.js';
import { firstRepeats } from '../helpers/first-repeats.js';
import { notRun } from './not-run.js';
import { pages, readPage, root, shellOfJob, spansOf } from './pages.js';
import { readCommand } from './read-command.js';
import { Sandbox, type Started } from './sandbox.js';

const scripts = readdirSync(`${root}scripts`, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(sh|mjs)$/.test(file))
  .map((file) => `scripts/${file}`);
const others = [...new Set(Object.keys(notRun).map((words) => words.split(' ')[0] as string))];
const sandbox = new Sandbox(
  ['mqbench', 'npm', ...others.filter((name) => !name.includes('/'))],
  scripts.filter((file) => file.endsWith('.sh')),
);
await fill(sandbox);
afterAll(() => sandbox.remove());

/** What commands of the documentation read. */
async function fill(into: Sandbox): Promise<void> {
  const { ca, cert, key } = await throwAwayCertificates();
  for (const [path, text] of Object.entries({ 'ca.pem': ca, 'cert.pem': cert, 'key.pem': key })) into.file(path, text);
  const example = readPage('docs/scenarios.md').blocks.find(({ text }) => text.startsWith('title:'));
  into.file('my.yaml', example?.text ?? '');
  const gate = readPage('docs/how-to/my-broker.md').blocks.find(({ text }) => text.startsWith('base='));
  for (const path of ['gate.sh', 'head/gate.sh']) into.file(path, gate?.text ?? '');
  for (const path of ['my-broker', 'base/my-broker', 'head/my-broker', 'mqbench/package.json'])
    into.file(path, '#!/bin/sh\n');
  // Where shells look for completions, below the home folder.
  for (const path of ['.local/share/bash-completion/completions/other', '.config/fish/completions/other.fish'])
    into.file(path, '');
  into.copy('scenarios', 'scenarios');
  const baseline = JSON.parse(readFileSync(`${root}results/baselines/demo-quick/result.json`, 'utf8')) as Result;
  const twoRepeats = JSON.stringify(firstRepeats(baseline, 2));
  const sides = [
    'results/before',
    'results/after',
    'results/demo-before',
    'results/demo-after',
    'results/now',
    'results/base',
    'results/head',
    'results/demo-now',
    'base',
    'head',
    'a',
    'b',
  ];
  for (const side of [...sides, 'base-1', 'base-2', 'head-1', 'head-2', 'results/baselines/demo-quick'])
    into.file(`${side}/result.json`, twoRepeats);
  for (const run of [
    'results/demo-2026-11-27T07-00-00',
    'results/demo-2026-11-20T21-56-07',
    'perf/ab-x/base',
    'perf/ab-x/head',
  ])
    into.file(`${run}/result.json`, twoRepeats);
}

const scriptsOfPages = pages().flatMap(({ blocks }) =>
  blocks.flatMap(({ file, line, language, text }) => {
    if (language === 'sh') return [{ where: `${file}:${line}`, script: text }];
    if (language === 'yaml') return shellOfJob(text).map((script) => ({ where: `${file}:${line}`, script }));
    return [];
  }),
);
const scriptsOfWorkflows = readdirSync(`${root}.github/workflows`).flatMap((file) =>
  shellOfJob(readFileSync(`${root}.github/workflows/${file}`, 'utf8')).map((script) => ({
    where: `.github/workflows/${file}`,
    script,
  })),
);

/** Commands that a script names and the shell has not come to. */
function unreached(script: string, started: readonly Started[]): string[] {
  const code = script.replace(/(^|\s)#.*$/gm, '').replace(/\\\n/g, ' ');
  const named = [...code.matchAll(/(?:\bmqbench|\bdist\/main\.js)\s+([a-z-]+)/g)].map(([, name]) => `mqbench ${name}`);
  const called = [...code.matchAll(/\bscripts\/[\w/-]+\.(?:sh|mjs)\b/g)].map(([path]) => path);
  const run = started.map((command) =>
    command[0] === 'mqbench' || command[0] === 'node' ? command.slice(0, 2).join(' ') : command[0],
  );
  // What runs inside a lab is an argument to the shell.
  const inside = started.flatMap((command) =>
    [...command.join(' ').matchAll(/-- (mqbench \w+)/g)].map(([, inner]) => inner),
  );
  return [...named, ...called].filter(
    (name) => ![...run, ...inside, ...run.map((one) => one.replace(/^node /, ''))].includes(name),
  );
}

/** Run, read by its own parser, or listed with the reason; anything else is thrown. */
async function read([program, ...args]: Started): Promise<void> {
  if (program === 'mqbench') return readCommand(args, sandbox.folder);
  if (program === 'node') {
    if (!scripts.includes(args[0] ?? '')) throw new Error(`node ${args[0]}: no such script`);
    return;
  }
  if (program === 'npm' && args[0] === 'run') {
    const { scripts: known } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    if (known[args[1] ?? ''] === undefined) throw new Error(`package.json has no script ${args[1]}`);
  }
  if (notRun[program] === undefined && notRun[`${program} ${args[0]}`] === undefined) {
    throw new Error(`${program} ${args.join(' ')}: neither run nor read by a test, nor in test/docs/not-run.ts`);
  }
}

describe('commands in scripts', () => {
  it.each([...scriptsOfPages, ...scriptsOfWorkflows])('of $where are what the program takes', async ({ script }) => {
    const started = sandbox.run(script);
    expect(unreached(script, started)).toEqual([]);
    for (const command of started) await read(command);
  });

  it('stand in blocks that say so: a block without a language has none', () => {
    const command = /^(\$ )?((sudo|npx) )*(mqbench|npm|node|scripts\/\S+) (?!.*\[options\])/;
    const found = pages().flatMap(({ blocks }) =>
      blocks
        .filter(({ language }) => language === '' || language === 'text')
        .flatMap(({ file, line, text }) =>
          text.split('\n').flatMap((code, index) => (command.test(code) ? [`${file}:${line + index} ${code}`] : [])),
        ),
    );
    expect(found).toEqual([]);
  });

  it('are found where they are', () => {
    const started = sandbox.run(
      'for n in 1 2; do npx mqbench pub -t "a b" -L "$n" & done; wait\nsudo scripts/network/nat.sh on',
    );
    expect(started.map((one) => one.join('|')).sort()).toEqual([
      'mqbench|pub|-t|a b|-L|1',
      'mqbench|pub|-t|a b|-L|2',
      'scripts/network/nat.sh|on',
    ]);
    expect(unreached('mqbench run demo # mqbench sub\nscripts/demo.sh', [['mqbench', 'conn']])).toEqual([
      'mqbench run',
      'scripts/demo.sh',
    ]);
    expect(() => sandbox.run('mqbenhc run demo')).toThrow(/not found/);
    expect(shellOfJob('job: { script: [a, b], steps: [{ run: c }] }')).toEqual(['a\nb', 'c']);
  });

  it.each([
    ['pub -t a --rat 5', /unknown option '--rat'/],
    ['run dmeo', /dmeo/],
    ['lab event rebindd', /rebindd/],
    ['lab exec client -- mqbench pub -t a -q 3', /is not a QoS/],
    ['ab --base main demo --only nothing', /nothing/],
    ['broker --cert none.pem --key none.pem', /none\.pem/],
    ['compare results/before results/nowhere', /nowhere/],
  ])('that are wrong are found: mqbench %s', async (line, message) => {
    await expect(read(['mqbench', ...words(line)])).rejects.toThrow(message);
  });
});

describe('commands in sentences', () => {
  const isCommand = /^((sudo|npx) )*(mqbench \S|npm (run|ci|test|i|pack)|node (scripts|dist)\/|scripts\/\S+\.sh)/;
  const spans = pages().flatMap((page) =>
    spansOf(page)
      .filter(({ text }) => isCommand.test(text))
      .map(({ line, text }) => ({ where: `${page.file}:${line}`, text })),
  );
  /** Only a name, or with values left open: not to be run as it stands. */
  const isForm = /[<…[]|^((sudo|npx) )?mqbench (lab )?[a-z-]+$|^scripts\/\S+$|^node dist\/main\.js$/;

  it.each(spans.filter(({ text }) => !isForm.test(text)))(
    '$where `$text` is what the program takes',
    async ({ text }) => {
      for (const command of sandbox.run(text)) await read(command);
    },
  );

  it('name commands and options that there are where they leave values open', async () => {
    const program = await buildProgram(fakeEnvironment('/'));
    const wrong = spans
      .filter(({ text }) => isForm.test(text))
      .filter(({ text }) => !isFormOf(program, words(text.replace(/["'].*["']/, 'text'))));
    expect(wrong).toEqual([]);
  });
});

/** Whether the words are commands of the program and options that the last of them has. */
function isFormOf(program: Command, line: readonly string[]): boolean {
  if (line[0]?.startsWith('scripts/')) return existsSync(join(root, line[0]));
  const argv = line[0] === 'mqbench' ? line.slice(1) : line.slice(2);
  const asked = readFirstWords(argv.filter((word) => word !== '…'));
  if (!('argv' in asked)) return true;
  let command = program;
  for (const word of asked.argv) command = command.commands.find((child) => child.name() === word) ?? command;
  const names = command.options.flatMap(({ short, long }) => [short, long]);
  return asked.argv.filter((word) => word.startsWith('-')).every((word) => names.includes(word) || word === '--help');
}

describe('examples in the help of', () => {
  it.each(commands.map(({ name }) => name))('%s are what it takes', async (name) => {
    const { stdout } = await runCli([name, '--help']);
    const examples = stdout.split('\n').filter((line) => /^ {2}mqbench /.test(line));
    for (const line of examples) {
      const [example = ''] = line.trim().split(/ {2,}/);
      for (const command of sandbox.run(example)) await read(command);
    }
  });
});

describe('what is not run', () => {
  it('is still printed somewhere, each with its reason', () => {
    const all = [...scriptsOfPages, ...scriptsOfWorkflows].map(({ script }) => script).join('\n');
    const prose = pages()
      .flatMap(({ prose: lines }) => lines)
      .join('\n');
    expect(Object.keys(notRun).filter((words) => !`${all}\n${prose}`.includes(words))).toEqual([]);
    expect(Object.keys(notRun).filter((path) => path.startsWith('scripts/') && !existsSync(join(root, path)))).toEqual(
      [],
    );
  });
});
