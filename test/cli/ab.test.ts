import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { abCommand } from '../../src/cli/ab.js';
import { words } from '../../src/cli/ab-builds.js';
import { order } from '../../src/cli/ab-rounds.js';
import { Exit } from '../../src/cli/exit.js';
import { startCli } from '../helpers/cli.js';
import { fakeEnvironment } from '../helpers/fake-environment.js';
import { alive, familyOf } from '../helpers/family.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const main = join(root, 'dist/main.js');

const scenario = `title: A small fleet on loopback
arms: [tcp]
network: none
load:
  clients: 5
  connectRate: 100/s
  subscribe: { topic: 'ab/%c', qos: 1 }
  publish: { topic: 'ab/%c', qos: 1, payload: 64, rate: 20/s }
  duration: 500ms
  drain: 1s
`;

/** Loaded into every process of the head: the broker then thinks about whatever a client sends, for longer than a busy machine holds it up. */
const slowBroker = `import { Socket } from 'node:net';
if (process.argv[1]?.includes('broker')) {
  const emit = Socket.prototype.emit;
  Socket.prototype.emit = function (event, ...args) {
    if (event === 'data' || event === 'readable') {
      const end = performance.now() + 15;
      while (performance.now() < end);
    }
    return emit.call(this, event, ...args);
  };
}
`;

describe('mqbench ab', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mqbench-ab-test-'));
    await writeFile(join(folder, 'small.yaml'), scenario);
    await writeFile(join(folder, 'slow.mjs'), slowBroker);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function ab(args: string[], cwd = folder) {
    const env = fakeEnvironment(cwd);
    let code = 0;
    let error: { message: string; exitCode: number; hint?: string } | undefined;
    try {
      await abCommand(env).exitOverride().parseAsync(args, { from: 'user' });
    } catch (thrown) {
      if (thrown instanceof Exit) code = thrown.code;
      else error = thrown as typeof error;
    }
    return { code, error, out: env.out(), err: env.err() };
  }

  it('runs both sides by turns, each as often first as second', () => {
    expect(order(4).map(({ side }) => side[0])).toEqual(['b', 'h', 'h', 'b', 'b', 'h', 'h', 'b']);
  });

  it('reads a command line without asking a shell', () => {
    expect(words('node "a b/main.js" --x=1 $HOME;rm')).toEqual(['node', 'a b/main.js', '--x=1', '$HOME;rm']);
    expect(() => words('node "open')).toThrow('neither a git ref of this repository nor a command line');
  });

  it('says what is neither a git ref nor a program before anything runs, and mistakes of the scenario as well', async () => {
    const before = (await readdir(folder)).sort();
    for (const side of ['nosuchref', '/nowhere/mqbench', './nothing-here/main.js', 'nosuchprogram --flag']) {
      const { error, err } = await ab(['small.yaml', '--base', side]);
      expect(error).toMatchObject({
        message: `neither a git ref of this repository nor a program: ${side}`,
        exitCode: 2,
      });
      expect(err).toBe('');
    }
    const base = `"${process.execPath}" "${main}"`;
    const { error } = await ab(['small.yaml', '--base', base, '--set', 'load.clients=-1']);
    expect(error).toMatchObject({ code: 'MQB_SCENARIO', exitCode: 2 });
    expect((await readdir(folder)).sort()).toEqual(before);
  });

  it('finds a broker that really became slower, and exits with 11', { timeout: 180_000 }, async () => {
    const base = `"${process.execPath}" "${main}"`;
    const head = `env "NODE_OPTIONS=--import=${join(folder, 'slow.mjs')}" ${base}`;
    const { code, error, out, err } = await ab([
      'small.yaml',
      '--base',
      base,
      '--head',
      head,
      '--rounds',
      '4',
      '--metric',
      'publish.ack.p50',
    ]);
    expect(error).toBeUndefined();
    expect(err).toMatch(
      /^4 rounds of both sides: about [\d.]+ s in all; --rounds, --only and --quick make it shorter\nround 1/,
    );
    expect(err.match(/^round \d of 4, (base|head)/gm)).toHaveLength(8);
    expect(out).toMatch(/worse \(1\)/);
    expect(out).toMatch(/publish\.ack P50 +[\d.]+ ms → +[\d.]+ ms/);
    expect(code).toBe(11);
  });

  it('builds a git ref beside the checkout, and leaves nothing of it', async () => {
    // A program of one line, which is this very mqbench: how a ref is built is the matter, not how long tsc takes for all.
    const repository = join(folder, 'repository');
    await mkdir(join(repository, 'src'), { recursive: true });
    await writeFile(join(repository, 'src/main.ts'), `await import(${JSON.stringify(main)});\nexport {};\n`);
    for (const part of ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']) {
      await cp(join(root, part), join(repository, part));
    }
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
    const { code, error, out, err } = await ab(
      [join(folder, 'small.yaml'), '--base', 'before', '--rounds', '1', '--metric', 'clients.failed'],
      repository,
    );
    expect(error).toBeUndefined();
    expect(err).toMatch(/^building before \([0-9a-f]{10}\) …$/m);
    expect(out).toMatch(/this build \(1 repeat\) against before \([0-9a-f]{10}\) \(1 repeat\)/);
    expect(code).toBe(0);
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1);
    expect((await readdir(join(repository, 'results'))).length).toBe(1);
  }, 180_000);

  it('takes the side that runs along when it is killed', async () => {
    const forever = `"${process.execPath}" -e "setInterval(() => {}, 1000)"`;
    const cli = startCli(['ab', 'small.yaml', '--base', forever, '--head', forever], { cwd: folder });
    await cli.sees('round 1 of');
    const side = () => familyOf(cli.child.pid as number).find(({ command }) => command.includes('setInterval'));
    await expect.poll(() => side()?.pid, { timeout: 10_000 }).toBeGreaterThan(0);
    const { pid } = side() as { pid: number };
    cli.child.kill('SIGKILL');
    await expect.poll(() => alive(pid), { timeout: 2_000 }).toBe(false);
  }, 30_000);

  it('says what a side said when it cannot run', async () => {
    const { error } = await ab(['small.yaml', '--base', `"${process.execPath}" "${main}" --nonsense`, '--rounds', '1']);
    expect(error?.message).toContain('ended with 2');
    expect(error?.hint).toContain('--nonsense');
    expect(error?.exitCode).toBe(2);
  }, 60_000);
});
