import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { MqbenchError } from '../../src/base/errors.js';
import { version } from '../../src/base/version.js';
import { runCli } from '../helpers/cli.js';

// A machine without the QUIC library.
vi.mock('../../src/transport/quic/native.js', () => ({
  loadNative: () => Promise.reject(new MqbenchError('MQB_QUIC_UNAVAILABLE', 'load the QUIC library', { exitCode: 3 })),
}));

const folder = mkdtempSync(join(tmpdir(), 'mqbench-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the first words', () => {
  it.each([['-h'], ['--help'], ['help'], ['bench'], ['bench', '--help']])('%s %s show the help', async (...argv) => {
    const { code, stdout } = await runCli(argv);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Usage: mqbench/);
    for (const name of ['run', 'pubsub', 'doctor']) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  });

  it.each([['-v'], ['-V'], ['version'], ['--version']])('%s prints the version', async (word) => {
    expect(await runCli([word])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it.each([
    [['help', 'pub'], 'mqbench pub'],
    [['--help', 'pub'], 'mqbench pub'],
    [['-h', 'lab', 'exec'], 'mqbench lab exec'],
    [['pub', '-h'], 'mqbench pub'],
    [['bench', 'sub', '-h', '-c', '10'], 'mqbench sub'],
    [['run', '-h'], 'mqbench run'],
    [['lab', 'up', '-h'], 'mqbench lab up'],
  ])('%j shows the help of that command', async (argv, usage) => {
    const { code, stdout } = await runCli(argv);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: ${usage} `);
  });

  it('help shows a page of the documentation', async () => {
    expect((await runCli(['help', 'scenarios'])).stdout).toMatch(/^# /);
    expect((await runCli(['help', 'scenario'])).stdout).toBe((await runCli(['help', 'scenarios'])).stdout);
  });

  it.each([
    [['help', 'pubs'], 'unknown command "pubs"; did you mean "pub"?'],
    [['pbu'], 'unknown command "pbu"; did you mean "pub"?'],
    [['demo'], 'mqbench run demo'],
    [['lossy-link.yaml'], 'mqbench run lossy-link.yaml'],
    [['broker', '--port', '1883'], 'mqbench broker --tcp 1883'],
    [['lab', 'exec', 'clinet', '--', 'true'], 'Did you mean client?'],
    [['compare', 'results/a'], 'one path, and a comparison needs two'],
    [['report', 'nothing-there'], 'there is no file or folder "nothing-there"'],
  ])('%j says what was meant', async (argv, sentence) => {
    const { code, stderr, stdout } = await runCli(argv, { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
  });
});

describe('a value that cannot be read', () => {
  it.each([
    [['pub', '-t', 'a', '-c', '1x'], '-c, --count: "1x" is not a whole number'],
    [['pub', '-t', 'a', '-c', '1.5'], '-c, --count: "1.5" is not a whole number'],
    [['pub', '-t', 'a', '-I', '5 parsecs'], '-I, --interval-of-msg: "5 parsecs" is not a duration'],
    [['pub', '-t', 'a', '-p', '0'], '-p, --port: "0" is not a whole number from 1 to 65535'],
    [['pub', '-t', 'a', '-s', 'big'], '-s, --size: "big" is not a size'],
    [['pub', '-t', 'a', '--rate', '10M/s'], '--rate: "10M/s" is not a number above 0'],
    [['pub', '-t', 'a', '--rate', '1000000000'], '--rate: "1000000000" is more than 1000000 a second'],
    [['pub', '-t', 'a', '-q', '3'], '-q, --qos: "3" is not a QoS'],
    [['pub', '-t', 'a', '-V', '6'], '-V, --mqtt-version: "6" is not an MQTT version'],
    [['conn', '-C', 'maybe'], 'maybe'],
    [['run', 'demo', '--repeat', 'x'], '--repeat: "x" is not a whole number'],
    [['run', 'demo', '--workers', '0'], '--workers: "0" is not a whole number from 1 to 64'],
    [['ab', '--base', 'main', 'demo', '--rounds', 'x'], '--rounds is "x"'],
    [['broker', '--max-packet', 'x'], '--max-packet: "x" is not a size'],
    [['broker', '--max-connections', 'x'], '--max-connections: "x" is not a whole number'],
    [['lab', 'up', '--mtu', '5'], '--mtu: "5" is not a whole number from 576 to 9000'],
    [['lab', 'up', '--rtt', 'x'], '--rtt: "x" is not a duration'],
    [['lab', 'measure', 'delay 1ms', '--packets', 'x'], '--packets: "x" is not a whole number'],
  ])('%j is told with its option', async (argv, sentence) => {
    const { code, stderr } = await runCli(argv, { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
  });
});

describe('what this machine has not', () => {
  it('is told before a load over QUIC begins, exit 3', async () => {
    expect(await runCli(['conn', 'quic://127.0.0.1', '-c', '1'])).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('load the QUIC library'),
    });
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
    const { code, stdout, stderr } = await runCli(['run', 'demo', '--out', 'file/below'], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('cannot make');
  });
});

describe('a dry run', () => {
  const scenario = 'title: T\narms: [tcp]\nnetwork: none\nload: {clients: 1, duration: 1s}\n';

  it('counts in English, and keeps to the width of the terminal', async () => {
    writeFileSync(join(folder, 'one.yaml'), `${scenario}expect: ["clients.connected == 1"]\n`);
    const { stdout } = await runCli(['run', 'one.yaml', '--dry-run'], { cwd: folder });
    expect(stdout).toContain('1 client connects at');
    expect(stdout).toContain('1 cell, about');
    expect(stdout).toContain('1 expectation is judged at the end.');
  });

  it.each(['.hidden.yaml', 'a\nb c.yaml', '....yaml'])('takes a file called %j', async (name) => {
    writeFileSync(join(folder, name), scenario);
    expect((await runCli(['run', name, '--dry-run'], { cwd: folder })).code).toBe(0);
  });
});
