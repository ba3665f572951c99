import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { words } from '../../src/cli/ab/builds.js';
import { order } from '../../src/cli/ab/rounds.js';
import { type CliOutcome, runCli, startCli } from '../helpers/cli.js';
import { alive, familyOf } from '../helpers/family.js';
import { whole } from '../helpers/steady.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const main = join(root, 'dist/main.js');

const scenario = `title: A small fleet on loopback
arms: [tcp]
network: none
load:
  clients: 5
  connectRate: 100/s
  duration: 100ms
`;

/** Loaded into every process of the head: the broker then thinks about whatever a client sends, for longer than a busy machine holds it up. */
const slowBroker = `import { Socket } from 'node:net';
if (process.argv[1]?.includes('broker')) {
  const emit = Socket.prototype.emit;
  const still = new Int32Array(new SharedArrayBuffer(4));
  Socket.prototype.emit = function (event, ...args) {
    if (event === 'data' || event === 'readable') {
      Atomics.wait(still, 0, 0, 40); // without a processor: others need it
    }
    return emit.call(this, event, ...args);
  };
}
`;

describe.concurrent('mqbench ab', () => {
  const thisBuild = `"${process.execPath}" "${main}"`;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mqbench-ab-test-'));
    await writeFile(join(folder, 'small.yaml'), scenario);
    await writeFile(join(folder, 'slow.mjs'), slowBroker);
    // Short names: how a line of a comparison is broken must not depend on where this checkout is.
    await writeFile(join(folder, 'fast'), `#!/bin/sh\nexec ${thisBuild} "$@"\n`, { mode: 0o755 });
    const slow = `NODE_OPTIONS=--import=${join(folder, 'slow.mjs')} exec ${thisBuild} "$@"`;
    await writeFile(join(folder, 'slow'), `#!/bin/sh\n${slow}\n`, { mode: 0o755 });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** @param sides --base and --head, and what else stands behind the scenario */
  const ab = async (sides: string[], cwd?: string): Promise<CliOutcome> =>
    runCli(['ab', join(folder, 'small.yaml'), ...sides], { cwd: cwd ?? (await newFolder()) });
  const newFolder = (): Promise<string> => mkdtemp(join(folder, 'case-'));

  it('runs both sides by turns, each as often first as second', ({ expect }) => {
    expect(order(4).map(({ side }) => side[0])).toEqual(['b', 'h', 'h', 'b', 'b', 'h', 'h', 'b']);
  });

  it('reads a command line without asking a shell', ({ expect }) => {
    expect(words('node "a b/main.js" --x=1 $HOME;rm')).toEqual(['node', 'a b/main.js', '--x=1', '$HOME;rm']);
    expect(() => words('node "open')).toThrow('neither a git ref of this repository nor a command line');
  });

  it.for([
    ['nosuchref', []],
    ['/nowhere/mqbench', []],
    ['./nothing-here/main.js', []],
    ['nosuchprogram --flag', []],
    ['../fast', ['--set', 'load.clients=-1']],
  ] as const)('says what cannot be before anything runs (%#)', async ([side, more], { expect }) => {
    const cwd = await newFolder();
    expect(whole(await ab(['--base', side, ...more], cwd))).toMatchSnapshot();
    expect(await readdir(cwd)).toEqual([]);
  });

  it('has results of its own when another begins in the same second, and says where there can be none', {
    timeout: 180_000,
  }, async ({ expect }) => {
    const cwd = await newFolder();
    const short = ['--base', '../fast', '--head', '../fast', '--rounds', '1'];
    const both = await Promise.all([ab(short, cwd), ab(short, cwd)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const folders = await readdir(join(cwd, 'results'));
    const runs = await Promise.all(
      folders.flatMap((name) => ['base', 'head'].map((side) => readdir(join(cwd, 'results', name, side)))),
    );
    expect(runs.map((names) => names.length)).toEqual([1, 1, 1, 1]);
    const { code, stderr } = await ab([...short, '--out', '/proc/nowhere'], cwd);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^mqbench: cannot make a folder in \/proc/),
    });
  });

  it('finds a broker that really became slower, and exits with 11', { timeout: 180_000 }, async ({ expect }) => {
    const judged = ['--rounds', '4', '--metric', 'connect.connack.p50'];
    expect(whole(await ab(['--base', '../fast', '--head', '../slow', ...judged]))).toMatchInlineSnapshot(`
      "exit code 11
      standard output:
      small: ../slow (4 repeats) against ../fast (4 repeats): 1 number, 1 tested
      together; at most 5 % chance of any false alarm.

      worse (1)
       tcp@loopback
        connect.connack P50  CHANGE  p 0.029

      Regression: 1 of 1 numbers is worse.
      standard error:
      4 rounds of both sides: about 29.2 s in all; --rounds, --only and --quick make it shorter
      round 1 of 4, base: ../fast
      round 1 of 4, head: ../slow
      round 2 of 4, head: ../slow
      round 2 of 4, base: ../fast
      round 3 of 4, base: ../fast
      round 3 of 4, head: ../slow
      round 4 of 4, head: ../slow
      round 4 of 4, base: ../fast
      results of both sides: results/ab-DATE"
    `);
  });

  it('builds a git ref beside the checkout, and leaves nothing of it', { timeout: 180_000 }, async ({ expect }) => {
    // A program of one line, which is this very mqbench: how a ref is built is the matter, not how long tsc takes for all.
    const repository = join(folder, 'repository');
    await mkdir(join(repository, 'src'), { recursive: true });
    await writeFile(join(repository, 'src/main.ts'), `await import(${JSON.stringify(main)});\nexport {};\n`);
    for (const part of ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json']) {
      await cp(join(root, part), join(repository, part));
    }
    const build = 'tsc -p tsconfig.build.json';
    await writeFile(
      join(repository, 'package.json'),
      JSON.stringify({ name: 'mqbench', type: 'module', scripts: { build } }),
    );
    await writeFile(join(repository, '.gitignore'), 'node_modules\nresults\n');
    await symlink(join(root, 'node_modules'), join(repository, 'node_modules'));
    const git = (...args: string[]) => execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' });
    git('init', '--quiet');
    git('add', '.');
    git(
      '-c',
      'user.name=test',
      '-c',
      'user.email=test@example.invalid',
      'commit',
      '--quiet',
      '--no-gpg-sign',
      '-m',
      'one',
    );
    git('tag', 'before');
    const sides = ['--base', 'before', '--rounds', '1', '--metric', 'clients.failed'];
    expect(whole(await ab(sides, repository))).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      small: this build (1 repeat) against before (COMMIT) (1 repeat): 1 number, 0
      tested together; at most 5 % chance of any false alarm.

      unclear: neither a change nor its absence can be shown (1), listed with --verbose

      INCONCLUSIVE: no regression found, but with these repeats not all could be seen:
      the only number is not worse; 0 could be told, 1 could not.
      standard error:
      1 round of both sides: about 7.30 s in all; --rounds, --only and --quick make it shorter
      building before (COMMIT) …
      round 1 of 1, base: before (COMMIT)
      round 1 of 1, head: this build
      results of both sides: results/ab-DATE"
    `);
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1);
    expect((await readdir(join(repository, 'results'))).length).toBe(1);
  });

  it('takes the side that runs along when it is killed', async ({ expect }) => {
    const forever = `"${process.execPath}" -e "setInterval(() => {}, 1000)"`;
    const cli = startCli(['ab', 'small.yaml', '--base', forever, '--head', forever], { cwd: folder });
    await cli.sees('round 1 of');
    const side = () => familyOf(cli.child.pid as number).find(({ command }) => command.includes('setInterval'));
    await expect.poll(() => side()?.pid, { timeout: 10_000 }).toBeGreaterThan(0);
    const { pid } = side() as { pid: number };
    cli.child.kill('SIGKILL');
    await expect.poll(() => alive(pid), { timeout: 2_000 }).toBe(false);
  });

  it('says what a side said when it cannot run', async ({ expect }) => {
    expect(whole(await ab(['--base', '../fast --nonsense', '--rounds', '1']))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      1 round of both sides: about 7.30 s in all; --rounds, --only and --quick make it shorter
      round 1 of 1, base: ../fast --nonsense
      mqbench: ../fast --nonsense: ../fast --nonsense run FOLDER/small.yaml --repeat 1 --seed 2 --out FOLDER/results/ab-DATE/base ended with 2
        → error: unknown option '--nonsense'"
    `);
  });
});
