import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { MqbenchError } from '../../src/base/errors.js';
import { version } from '../../src/base/version.js';
import { words } from '../../src/cli/ab/builds.js';
import { renderDifferences } from '../../src/report/rows/differences.js';
import { renderScreen } from '../../src/report/terminal/screen.js';
import { renderTable } from '../../src/report/terminal/table.js';
import { runCli } from '../helpers/cli.js';
import { buildResult } from '../helpers/result-builder.js';
import { whole } from '../helpers/steady.js';

// A machine without the QUIC library.
vi.mock('../../src/transport/quic/native.js', () => ({
  loadNative: () => Promise.reject(new MqbenchError('MQB_QUIC_UNAVAILABLE', 'load the QUIC library', { exitCode: 3 })),
}));

const folder = mkdtempSync(join(tmpdir(), 'mqbench-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the first words', () => {
  it.each([['-h'], ['help'], ['bench'], ['bench', '--help']])(
    '%s %s show the help, as --help does',
    async (...argv) => {
      expect(whole(await runCli(argv))).toBe(whole(await runCli(['--help'])));
    },
  );

  it('--help lists commands and exit codes', async () => {
    expect(whole(await runCli(['--help']))).toMatchSnapshot();
  });

  it.each([['-v'], ['-V'], ['version'], ['--version']])('%s prints the version', async (word) => {
    expect(await runCli([word])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it.each([
    ['help pub', 'Usage: mqbench pub [options] [url]'],
    ['--help pub', 'Usage: mqbench pub [options] [url]'],
    ['-h lab exec', 'Usage: mqbench lab exec [options] <place> <command...>'],
    ['pub -h', 'Usage: mqbench pub [options] [url]'],
    ['bench sub -h -c 10', 'Usage: mqbench sub [options] [url]'],
    ['run -h', 'Usage: mqbench run [options] [scenario]'],
    ['lab up -h', 'Usage: mqbench lab up [options]'],
  ])('%s shows the help of that command', async (line, usage) => {
    const { code, stdout } = await runCli(line.split(' '));
    expect([code, stdout.split('\n')[0]]).toEqual([0, usage]);
  });

  it.each([
    ['scenarios', 'scenarios.md'],
    ['scenario', 'scenarios.md'],
    ['my-broker', 'how-to/my-broker.md'],
  ])('help %s shows the page of the documentation', async (name, file) => {
    const page = readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
    expect(await runCli(['help', name])).toMatchObject({ code: 0, stdout: page, stderr: '' });
  });

  it.each([
    'help pubs',
    'pbu',
    'demo',
    'lossy-link.yaml',
    'broker --port 1883',
    'lab exec clinet -- true',
    'compare results/a',
    'report nothing-there',
    'conn -h nobody.invalid -c 1',
    'conn -h 127.0.0.1,nobody.invalid -c 2',
    'pub mqtts://nobody.invalid -t a -c 1',
    'probe nobody.invalid',
    'rum',
  ])('%s says what was meant', async (line) => {
    expect(whole(await runCli(line.split(' '), { cwd: folder }))).toMatchSnapshot();
  });
});

describe('a value that cannot be read', () => {
  it.each([
    'pub -t a -c 1x',
    'pub -t a -c 1.5',
    'pub -t a -I "5 parsecs"',
    'pub -t a -p 0',
    'pub -t a -s big',
    'pub -t a --rate 10M/s',
    'pub -t a --rate 1000000000',
    'pub -t a -q 3',
    'pub -t a -V 6',
    'pub -t a --hook-timeout 10ms',
    'conn -C maybe',
    'probe mqtt://127.0.0.1 --timeout 0',
    'run demo --repeat x',
    'run demo --workers 0',
    'ab --base main demo --rounds x',
    'broker --max-packet x',
    'broker --max-connections x',
    'lab up --mtu 5',
    'lab up --rtt x',
    'lab measure "delay 1ms" --packets x',
  ])('%s is told with its option', async (line) => {
    expect(whole(await runCli(words(line), { cwd: folder }))).toMatchSnapshot();
  });
});

describe('what this machine has not', () => {
  it.each(['mqtt', 'mqtts', 'ws', 'wss'])(
    'is told of a congestion control before a load over %s begins, with those that there are',
    async (scheme) => {
      const { code, stdout, stderr } = await runCli(['conn', `${scheme}://127.0.0.1`, '-c', '1', '--cc', 'foo']);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(
        /^mqbench: --cc: use congestion control foo: .*\n {2}→ the kernel has [\w, ]*(cubic|reno)/,
      );
    },
  );

  it('is told before a load over QUIC begins', async () => {
    expect(whole(await runCli(['conn', 'quic://127.0.0.1', '-c', '1']))).toMatchInlineSnapshot(`
      "exit code 3
      standard error:
      mqbench: load the QUIC library"
    `);
  });

  it('is told before a scenario runs, and in its dry run', async () => {
    const argv = ['run', 'lossy-link', '--set', 'load.clients=9000000', '--set', 'load.connectRate=100000'];
    for (const more of [['--dry-run'], ['--out', folder]]) {
      const { code, stderr, stdout } = await runCli([...argv, ...more], { cwd: folder });
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(stderr).toMatch(/9,000,000 clients need .*source ports/s);
      expect(stderr).toMatch(/→ .*lab\.clientAddresses: \d+/s);
    }
  });

  it('a folder that cannot be written is told before the plan is', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect(whole(await runCli(['run', 'demo', '--out', 'file/below'], { cwd: folder }))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: cannot make the result folder FOLDER/file/below/demo-DATE: EEXIST: file already exists, mkdir 'FOLDER/file'
        → a file is in the way; choose another place with --out"
    `);
  });
});

describe('a dry run', () => {
  const scenario = 'title: T\narms: [tcp]\nnetwork: none\nload: {clients: 1, duration: 1s}\n';

  it('counts in English, and keeps to the width of the terminal', async () => {
    writeFileSync(join(folder, 'one.yaml'), `${scenario}expect: ["clients.connected == 1"]\n`);
    expect(whole(await runCli(['run', 'one.yaml', '--dry-run'], { cwd: folder }))).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      T
        Arms: tcp.
        Networks: loopback (nothing added).
        In each cell 1 client connects at 100/s (10.0 ms).
        They stay connected for 1.00 s; then up to 3.00 s for what is under way.
        1 cell, about 4.51 s each, 4.51 s in all:
        tcp@loopback
        1 expectation is judged at the end."
    `);
  });

  it.each(['.hidden.yaml', 'a\nb c.yaml', '....yaml'])('takes a file called %j', async (name) => {
    writeFileSync(join(folder, name), scenario);
    expect((await runCli(['run', name, '--dry-run'], { cwd: folder })).code).toBe(0);
  });
});

describe('report --format text', () => {
  const result = buildResult({ networks: [30] });
  const text = async (...more: string[]) => {
    writeFileSync(join(folder, 'result.json'), JSON.stringify(result));
    const before = readdirSync(folder);
    const outcome = await runCli(['report', 'result.json', ...more], { cwd: folder });
    expect(readdirSync(folder)).toEqual(before);
    return outcome;
  };

  it('prints the end of a run again, on one screen, and writes nothing', async () => {
    const { code, stdout } = await text('--format', 'text');
    expect(code).toBe(0);
    expect(stdout).toBe(`\n${renderScreen(result, { lines: 39 })}\n`);
    expect(stdout.split('\n').length).toBeLessThanOrEqual(41); // the last one ends the text
  });

  it('prints everything with --full', async () => {
    const { code, stdout } = await text('--format', 'text', '--full');
    expect(code).toBe(0);
    expect(stdout).toBe(`\n${renderTable(result)}\n\n${renderDifferences(result)}\n`);
  });

  it('says what --full is about where no text is asked for', async () => {
    expect(whole(await text('--full'))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: --full is about the text in the terminal, which is not among the formats
        → add --format text"
    `);
  });
});
