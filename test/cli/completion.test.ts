import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { completionTable } from '../../src/cli/completion/table.js';
import { buildProgram } from '../../src/cli/program.js';
import { shippedScenarios } from '../../src/scenario/find.js';
import { runCli } from '../helpers/cli.js';
import { fakeEnvironment } from '../helpers/fake-environment.js';
import { tellSkipped } from '../helpers/skipped.js';
import { whole } from '../helpers/steady.js';

const shells = ['bash', 'zsh', 'fish'] as const;
const folder = mkdtempSync(join(tmpdir(), 'mqbench-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'empty'));
for (const name of shells) writeFileSync(join(folder, name), (await runCli(['completion', name])).stdout);

function shell(name: string, ...args: string[]): string {
  const { stdout, stderr, status, error } = spawnSync(name, args, {
    cwd: join(folder, 'empty'),
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: folder, LANG: 'C.UTF-8' },
  });
  if (status !== 0 || stderr !== '') throw error ?? new Error(`${name} ${args}: ${status}\n${stderr}`);
  return stdout;
}

const reasons = shells.map((name) => {
  const { error } = spawnSync(name, ['-c', 'true']);
  return tellSkipped(`completion in ${name}`, error && `not installed (apt-get install ${name})`);
});

/** What each shell offers for the last word of a line, sorted. */
const offered = {
  bash: (line: string): string[] => {
    // Bash cuts words at "=" before completion sees them.
    const words = line
      .split(' ')
      .flatMap((word) => word.split(/(=)/))
      .map((word) => `'${word}'`);
    const cut = line.endsWith('=') ? words.slice(0, -1) : words;
    const script = `source ../bash; COMP_WORDS=(${cut.join(' ')}); COMP_CWORD=${cut.length - 1}; _mqbench; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return sorted(shell('bash', '--norc', '-c', script));
  },
  zsh: (line: string): string[] => {
    // Outside of its line editor zsh offers to nobody: what the script offers is printed instead.
    const words = line.split(' ').map((word) => `'${word}'`);
    const script = `
      compdef() { }; source ../zsh
      compset() { }; _message() { }; _files() { }
      compadd() { shift; print -l -- "$@" }
      _describe() { print -l -- "\${(@)\${(@P)argv[-1]}%%:*}" }
      words=(${words.join(' ')}); CURRENT=${words.length}; _mqbench`;
    const last = line.replace(/.*[ =]/, '');
    return sorted(shell('zsh', '-f', '-c', script)).filter((word) => word.startsWith(last));
  },
  fish: (line: string): string[] =>
    sorted(shell('fish', '--no-config', '-c', `source ../fish; complete -C '${line}'`).replace(/\t.*/g, '')).map(
      (word) => word.replace(/^--[\w-]+=/, ''),
    ),
};
const sorted = (text: string): string[] => text.split('\n').filter(Boolean).sort();

const lines: readonly (readonly [string, readonly string[]])[] = [
  ['mqbench ru', ['run']],
  ['mqbench pub', ['pub', 'pubsub']],
  ['mqbench run lossy', ['lossy-link', 'lossy-link-calm']],
  ['mqbench run ', shippedScenarios()],
  ['mqbench run --quick --repeat 3 dem', ['demo']],
  ['mqbench ab --base main dem', ['demo']],
  ['mqbench run --dry', ['--dry-run']],
  ['mqbench run --repeat ', []],
  ['mqbench pub --transport ', ['quic', 'tcp', 'tls', 'ws', 'wss']],
  ['mqbench pub --transport w', ['ws', 'wss']],
  ['mqbench pub --transport=w', ['ws', 'wss']],
  ['mqbench pub --transport=', ['quic', 'tcp', 'tls', 'ws', 'wss']],
  ['mqbench pub -q ', ['0', '1', '2']],
  ['mqbench broker --early-data ', ['accept', 'hold', 'reject']],
  ['mqbench lab e', ['event', 'exec']],
  ['mqbench lab event udp', ['udp-block', 'udp-open']],
  ['mqbench lab event --name mine re', ['rebind', 'return']],
  ['mqbench lab event profile 4', ['4g']],
  ['mqbench lab event nat ', ['drop', 'forward']],
  ['mqbench lab up --profile 4', ['4g']],
  ['mqbench lab exec se', ['server']],
  ['mqbench help dat', ['data-frames']],
  ['mqbench help docto', ['doctor']],
  ['mqbench help scenario', ['scenarios']],
  ['mqbench completion ', ['bash', 'fish', 'zsh']],
];

describe('mqbench completion', () => {
  for (const [index, name] of shells.entries()) {
    const reason = reasons[index];
    describe.skipIf(reason)(`${name}${reason ? ` (skipped: ${reason})` : ''}`, () => {
      it('reads the script', () => expect(shell(name, '-n', join(folder, name))).toBe(''));

      it('offers what may stand there', () => {
        expect(lines.map(([line]) => [line, offered[name](line)])).toEqual(lines);
      });

      it('knows the options of every command', async () => {
        const wanted = (await table()).filter(({ options }) => options.length > 0);
        const lineOf = (path: string): string => ['mqbench', path, '--'].filter(Boolean).join(' ');
        for (const { path, options } of wanted) {
          const long = options.map((option) => option.name).filter((option) => option.startsWith('--'));
          expect([path, offered[name](lineOf(path))]).toEqual([path, long.sort()]);
        }
      });
    });
  }

  it.skipIf(reasons[2])(
    'offers files and folders where these are meant (in bash and zsh these are the shell’s)',
    () => {
      mkdirSync(join(folder, 'empty', 'sub', 'dir'), { recursive: true });
      writeFileSync(join(folder, 'empty', 'sub', 'my file.yaml'), '');
      const tried = [
        'run sub/m',
        'report sub/m',
        'pub --cert sub/m',
        'pub --cert=sub/m',
        'run --out sub/',
        'run --out=sub/',
      ];
      expect(tried.map((line) => [line, offered.fish(`mqbench ${line}`)])).toEqual([
        ...tried.slice(0, 4).map((line) => [line, ['sub/my file.yaml']]),
        ...tried.slice(4).map((line) => [line, ['sub/dir/']]),
      ]);
    },
  );

  it('offers only values that the option takes, and words that no shell expands', async () => {
    const program = await buildProgram(fakeEnvironment('/'));
    let tried = 0;
    for (const { path, values } of await table()) {
      let command = program;
      for (const name of path.split(' ')) command = command.commands.find((child) => child.name() === name) ?? command;
      for (const [where, { words }] of values) {
        expect(words.filter((word) => !/^[\w.-]+$/.test(word))).toEqual([]);
        const option = command.options.find(({ short, long }) => where === short || where === long);
        for (const word of words) {
          option?.parseArg?.(word, undefined as never);
          tried += option?.parseArg ? 1 : 0;
        }
      }
    }
    expect(tried).toBeGreaterThan(50);
  });

  it.each(['completion tcsh', 'completion bsh'])('%s says which shells there are', async (line) => {
    expect(whole(await runCli(line.split(' ')))).toMatchSnapshot();
  });
});

const table = async () => completionTable(await buildProgram(fakeEnvironment('/')));
