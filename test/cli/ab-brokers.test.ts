import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { hasMosquitto, mosquittoPath } from '../broker/mosquitto.js';
import { slowMosquitto } from '../broker/slow-mosquitto.js';
import { type CliOutcome, runCli } from '../helpers/cli.js';
import { tellSkipped } from '../helpers/skipped.js';
import { whole } from '../helpers/steady.js';

const noMosquitto = tellSkipped('a gate for brokers', hasMosquitto ? undefined : 'mosquitto is not installed');

const scenario = `title: A small fleet on loopback
arms: [tcp]
network: none
load:
  clients: 5
  connectRate: 100/s
  subscribe: { topic: "t/%c", qos: 1 }
  publish: { topic: "t/%c", qos: 1, payload: 64, rate: 50/s }
  duration: 400ms
`;

describe.concurrent('mqbench ab with brokers', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mqbench-ab-brokers-'));
    await writeFile(join(folder, 'small.yaml'), scenario);
    await writeFile(join(folder, 'slow.mjs'), slowMosquitto());
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const ab = async (sides: readonly string[], cwd?: string): Promise<CliOutcome> =>
    runCli(['ab', join(folder, 'small.yaml'), ...sides], { cwd: cwd ?? (await mkdtemp(join(folder, 'case-'))) });
  // A difference that no machine makes by itself: twice what mosquitto needs.
  const judged = ['--rounds', '4', '--metric', 'publish.ack.p50', '--margin', '100%'];
  const small = ['--pubs', '3', '--subs', '3', '--rate', '100', '-q', '1', '--duration', '400ms'];
  const slow = `"${process.execPath}" ../slow.mjs {port.tcp} {free.inner}`;

  it.skipIf(noMosquitto)(
    'finds nothing where both sides are the same; a load may stand in the place of a scenario',
    { timeout: 180_000 },
    async ({ expect }) => {
      const cwd = await mkdtemp(join(folder, 'case-'));
      const load = [
        'pubsub',
        'mqtts://broker',
        '--pubs',
        '3',
        '--subs',
        '3',
        '--rate',
        '100',
        '-q',
        '1',
        '--duration',
        '400ms',
      ];
      const sides = ['--broker-base', 'mosquitto', '--broker-head', `mosquitto=${mosquittoPath}`];
      const { code, stdout, stderr } = await runCli(['ab', ...sides, ...judged, '--rounds', '2', '--', ...load], {
        cwd,
      });
      expect(stdout).not.toContain('Regression');
      expect(code, stdout + stderr).toBe(0);
      expect(stdout).toMatch(/^pubsub: mosquitto=\S+ \(2 repeats\)\s+against\s+mosquitto \(2 repeats\):\s+1 number/);
      expect(stdout).not.toContain('settings');
    },
  );

  it.skipIf(noMosquitto)('finds a broker that became slower', { timeout: 180_000 }, async ({ expect }) => {
    const cwd = await mkdtemp(join(folder, 'case-'));
    const sides = ['--broker-base', 'mosquitto', '--broker-head', slow];
    const outcome = await runCli(['ab', ...sides, ...judged, '--', 'pubsub', ...small], { cwd });
    expect(whole(outcome)).toMatchInlineSnapshot(`
      "exit code 11
      standard output:
      pubsub: "NODE" ../slow.mjs {port.tcp} {free.inner} (4 repeats) against
      mosquitto (4 repeats): 1 number, 1 tested together; at most 5 % chance of any
      false alarm.

      worse (1)
       tcp@direct
        publish.ack P50  CHANGE  p 0.029

      Regression: 1 of 1 numbers is worse.
      standard error:
      4 rounds of both sides: at least 3.20 s in all; --rounds and --duration make it shorter
      round 1 of 4, base: mosquitto
      round 1 of 4, head: "NODE" ../slow.mjs {port.tcp} {free.inner}
      round 2 of 4, head: "NODE" ../slow.mjs {port.tcp} {free.inner}
      round 2 of 4, base: mosquitto
      round 3 of 4, base: mosquitto
      round 3 of 4, head: "NODE" ../slow.mjs {port.tcp} {free.inner}
      round 4 of 4, head: "NODE" ../slow.mjs {port.tcp} {free.inner}
      round 4 of 4, base: mosquitto
      results of both sides: results/ab-DATE"
    `);
  });

  it.skipIf(noMosquitto)('builds git refs of any repository', { timeout: 180_000 }, async ({ expect }) => {
    const repository = await mkdtemp(join(folder, 'case-'));
    const git = (...args: string[]) => execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' });
    const commit = async (tag: string, text: string): Promise<void> => {
      await writeFile(join(repository, 'source.sh'), text);
      git('add', '.');
      const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.invalid'];
      git(...who, 'commit', '--quiet', '--no-gpg-sign', '-m', tag);
      git('tag', tag);
    };
    git('init', '--quiet');
    await commit('before', `#!/bin/sh\nexec "${mosquittoPath}" -p "$1"\n`);
    await commit('after', `#!/bin/sh\nexec "${process.execPath}" "${join(folder, 'slow.mjs')}" "$1" "$2"\n`);
    const sides = ['--broker-base', 'before', '--broker-head', 'after'];
    const made = [
      '--broker-build',
      'install -m 755 source.sh broker',
      '--broker',
      '{tree}/broker {port.tcp} {free.inner}',
    ];
    const { code, stdout, stderr } = await ab([...sides, ...made, '--rounds', '1'], repository);
    // One round shows nothing, but that both sides were measured.
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/small: after \([0-9a-f]{10}\) \(1 repeat\) against before/);
    expect(stderr).toMatch(/building before \([0-9a-f]{10}\) …\nbuilding after \([0-9a-f]{10}\) …/);
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1);
    const failed = await ab([...sides, '--broker-build', 'echo no such target; exit 2', ...made.slice(2)], repository);
    expect(whole(failed)).toMatchInlineSnapshot(`
      "exit code 4
      standard error:
      10 rounds of both sides: about 1 m 19 s in all; --rounds, --only and --quick make it shorter
      building before (COMMIT) …
      mqbench: cannot build before (COMMIT): "echo no such target; exit 2" ended with 2:
          no such target
        → build both sides yourself, and give the commands that start them"
    `);
    expect(await readdir(join(repository, 'results'))).toHaveLength(2);
  });

  it.for([
    [['--broker-base', 'mosquitto']],
    [['--broker-base', 'mosquitto', '--broker-head', '/nowhere/broker --x']],
    [['--broker-base', 'mosquitto', '--broker-head', 'mosquitto=/nowhere/mosquitto']],
    [['--broker-base', 'mosquitto', '--broker-head', 'mosquitto', '--base', 'main']],
    [['--broker-base', 'mosquitto', '--broker-head', 'mosquitto', '--broker-build', 'make']],
    [['--broker-base', 'HEAD', '--broker-head', 'mosquitto']],
    [['--broker-base', 'mosquitto', '--broker-head', 'mosquitto', '--broker-listens', 'smoke=1']],
    [[]],
    [['--broker-base', 'mosquitto', '--broker-head', 'mosquitto=image:']],
    [['--broker-base', 'mosquitto', '--broker-head', 'vernemq']],
  ] as const)('says what cannot be before anything runs (%#)', async ([flags], { expect }) => {
    const root = new URL('../../', import.meta.url).pathname;
    expect(whole(await ab(flags, root))).toMatchSnapshot();
  });
});
