import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command as compareCommand, sides } from '../../../../src/cli/compare/compare.js';
import { Exit } from '../../../../src/cli/exit.js';
import type { LedgerRow } from '../../../../src/result/types.js';
import { fakeEnvironment } from '../../../helpers/fake-environment.js';
import { type BuildOptions, buildResult } from '../../../helpers/result-builder.js';

let folder: string;
const common: BuildOptions = { repeats: 10, numbersOnly: true, networks: [30] };
/** Of a load whose broker lost two messages that it had acknowledged. */
const broken: LedgerRow = {
  qos: 1,
  offered: 20_000,
  sent: 20_000,
  resent: 0,
  acknowledged: 20_000,
  received: 19_998,
  duplicate: 0,
  disordered: 0,
  missing: 2,
  verdict: 'broken',
};

async function put(name: string, options: BuildOptions): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'result.json'), JSON.stringify(buildResult({ ...common, ...options })));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mqbench-compare-'));
  await put('base', { seed: 1 });
  await put('again', { seed: 2 });
  await put('slow', { seed: 3, slower: 1.2 });
  await put('fast', { seed: 4, slower: 0.8 });
  await put('elsewhere', { seed: 5, kernel: '6.12.0' });
  await put('few', { seed: 6, repeats: 3 });
  await put('many/one', { seed: 7, repeats: 5 });
  await put('many/two', { seed: 8, repeats: 5 });
  await writeFile(join(folder, 'foreign.json'), '{"hello": 1}');
  await writeFile(join(folder, 'cut.json'), JSON.stringify(buildResult(common)).slice(0, 500));
  await writeFile(join(folder, 'newer.json'), JSON.stringify({ ...buildResult(common), schema: 99 }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function compare(args: string[], variables: Record<string, string> = {}) {
  const env = fakeEnvironment(folder, variables);
  let code = 0;
  let message = '';
  try {
    await compareCommand(env).exitOverride().parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof Exit) code = error.code;
    else ({ exitCode: code, message } = error as { exitCode: number; message: string });
  }
  return { code, message, out: env.out(), err: env.err() };
}

describe('mqbench compare', () => {
  it('passes when nothing became worse, and says how much could be told', async () => {
    const { code, out } = await compare(['base', 'again']);
    expect(code).toBe(0);
    expect(out).toMatch(/INCONCLUSIVE: .*:\nnone of \d+ numbers is worse; \d+ could be told, \d+ could not/);
    expect(out).toMatch(/at most 5 % chance of any false alarm/);
  });

  it('exits with 11 and names each number that became worse, with interval and chance', async () => {
    const { code, out } = await compare(['base', 'slow']);
    expect(code).toBe(11);
    expect(out).toMatch(/publish\.ack P50 +[\d.]+ ms → +[\d.]+ ms +\+\d+\.\d % +\+\d+\.\d … \+\d+\.\d % +p [<\d.]+/);
    expect(out).toMatch(/Regression: \d+ of \d+ numbers are worse\./);
  });

  it('fits 80 columns, lists of everything included', async () => {
    const { out } = await compare(['base', 'slow', '--verbose']);
    const lines = out.split('\n');
    expect(lines.filter((line) => line.includes('→')).length).toBeGreaterThan(50);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each([
    ['one network', { networks: [30] }],
    ['latencies of seconds that vary wildly', { networks: [30, 4000], noise: 1.5, slower: 40 }],
  ])('fits 80 columns with %s, too', async (what, over) => {
    const name = what.replaceAll(' ', '-');
    await put(`${name}/base`, { ...over, slower: 1, seed: 1 });
    await put(`${name}/head`, { ...over, seed: 2 });
    const { out } = await compare([`${name}/base`, `${name}/head`, '--verbose', '--force']);
    expect(out).toContain('→');
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('calls an improvement better and passes', async () => {
    const { code, out } = await compare(['base', 'fast']);
    expect(code).toBe(0);
    expect(out).toMatch(/^better \(\d+\)$/m);
  });

  it('says what too few repeats cannot show, and what would', async () => {
    const { code, ...printed } = await compare(['few', 'few']);
    const out = printed.out.replace(/\s+/g, ' ');
    expect(code).toBe(0);
    expect(out).toMatch(
      /3 repeats cannot show any change among \d+ numbers, however large; \d+ would show a large one/,
    );
    expect(out).toMatch(/3 repeats cannot show a 5 % change of .*; \d+ would/);
  });

  it('knows nothing of the noise from one repeat, and does not pretend to', async () => {
    await put('once', { seed: 11, repeats: 1 });
    await put('once-more', { seed: 12, repeats: 1 });
    const { code, out } = await compare(['once', 'once-more']);
    expect(code).toBe(0);
    expect(out).toMatch(/1 repeat cannot show any change among \d+ numbers/);
    expect(out).not.toMatch(/NaN|Infinity|undefined|varies by|no sensible number/);
  });

  it('takes all runs of a folder as repeats, and several paths around "vs"', async () => {
    const folderOfTwo = await compare(['base', 'many']);
    const named = await compare(['base', 'vs', 'many/one', 'many/two']);
    expect(folderOfTwo.out).toContain('head (10 repeats)');
    expect(named.out).toBe(folderOfTwo.out);
    expect(() => sides(['a', 'b', 'c'])).toThrow('3 paths, and no "vs" says where the head begins');
    expect(() => sides(['a'])).toThrow('one path, and a comparison needs two');
  });

  it('refuses results of another kernel without --force, and points it out with it', async () => {
    const refused = await compare(['base', 'elsewhere']);
    expect(refused.code).toBe(2);
    expect(refused.message).toContain('kernel: linux 6.1.0-18-amd64 against linux 6.12.0');
    const forced = await compare(['base', 'elsewhere', '--force']);
    expect(forced.code).toBe(0);
    expect(forced.out).toContain('kernel differs: linux 6.1.0-18-amd64 (base), linux 6.12.0 (head)');
  });

  it('refuses sides that each hold two scenarios, and says what they mix', async () => {
    for (const side of ['mixed-base', 'mixed-head']) {
      await put(`${side}/a`, { seed: 11, name: 'pub' });
      await put(`${side}/b`, { seed: 12, name: 'pubsub', clients: 50 });
    }
    const refused = await compare(['mixed-base', 'mixed-head']);
    expect(refused.code).toBe(2);
    expect(refused.message).toMatchInlineSnapshot(
      `"these results are not of one kind; scenario: each side mixes pub and pubsub; settings of the scenario: each side mixes clients=200 and clients=50"`,
    );
    const half = await compare(['mixed-base', 'base']);
    expect(half.message).toMatchInlineSnapshot(
      `"these results are not of one kind; scenario: pub and pubsub against fabricated; settings of the scenario: clients=200 and clients=50 against clients=200"`,
    );
    const forced = await compare(['mixed-base', 'mixed-head', '--force']);
    expect(forced.out).toContain('scenario: each side mixes pub and pubsub');
  });

  it('refuses results of other versions and settings, and lists all that differs at once', async () => {
    const result = buildResult({ ...common, seed: 10 });
    await mkdir(join(folder, 'other'), { recursive: true });
    const other = {
      ...result,
      provenance: { ...result.provenance, mqbench: '0.2.0', node: 'v22.0.0' },
      scenario: { ...result.scenario, resolved: { ...(result.scenario.resolved as object), clients: 500 } },
    };
    await writeFile(join(folder, 'other', 'result.json'), JSON.stringify(other));
    const { code, message } = await compare(['base', 'other']);
    expect(code).toBe(2);
    for (const part of [
      'clients=200 against clients=500',
      'mqbench: 0.1.0 against 0.2.0',
      'Node: v20.20.2 against v22.0.0',
    ]) {
      expect(message).toContain(part);
    }
  });

  it('names every path that is no result, and what was expected', async () => {
    const { code, message } = await compare(['foreign.json', 'vs', 'cut.json', 'newer.json', 'nowhere']);
    expect(code).toBe(2);
    expect(message).toMatch(/foreign\.json is JSON of something else; expected a result/);
    expect(message).toMatch(/cut\.json is truncated/);
    expect(message).toMatch(/newer\.json has schema 99, written by a newer mqbench/);
    expect(message).toMatch(/there is no file or folder "nowhere"/);
  });

  it('writes JSON, Markdown and JUnit that agree with each other', async () => {
    const files = ['--json', 'c.json', '--markdown', 'c.md', '--junit', 'c.xml'];
    expect((await compare(['base', 'slow', ...files])).code).toBe(11);
    const json = JSON.parse(await readFile(join(folder, 'c.json'), 'utf8'));
    const worse = json.rows.filter((row: { verdict: string }) => row.verdict === 'worse').length;
    expect(json).toMatchObject({ format: 'mqbench-comparison', outcome: 'regression' });
    expect((await readFile(join(folder, 'c.md'), 'utf8')).match(/\*\*worse\*\*/g)).toHaveLength(worse);
    const xml = await readFile(join(folder, 'c.xml'), 'utf8');
    expect(xml).toContain(` failures="${worse}"`);
    expect(xml.match(/<failure /g)).toHaveLength(worse);
  });

  it.each([['--json'], ['--json', '-'], ['--format', 'json']])(
    'prints JSON instead of the text with %s %s',
    async (...flags) => {
      const { out } = await compare(['base', 'slow', ...flags]);
      expect(JSON.parse(out)).toMatchObject({ format: 'mqbench-comparison' });
    },
  );

  it('annotates the step and the summary on GitHub', async () => {
    const summary = join(folder, 'summary.md');
    const { out, err } = await compare(['base', 'slow'], { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary });
    expect(out).not.toContain('::error');
    expect(err.split('\n').filter((line) => line.startsWith('::error title=mqbench'))).toHaveLength(10);
    expect(await readFile(summary, 'utf8')).toContain('| **worse** |');
  });

  it('says first that it is inconclusive where repeats could not have shown a regression, and passes that only unasked', async () => {
    const few = ['few', 'few'];
    const plain = await compare(few, { GITHUB_ACTIONS: 'true' });
    expect(plain.code).toBe(0);
    expect(plain.out).toMatch(/^INCONCLUSIVE: no regression found, but/m);
    expect(plain.out).not.toContain('No regression found');
    expect(plain.err).toMatch(/^::warning title=mqbench::INCONCLUSIVE: /m);
    const strict = await compare([...few, '--require-power', '--markdown', 'few.md'], { GITHUB_ACTIONS: 'true' });
    expect(strict.code).toBe(12);
    expect(strict.err).toMatch(/^::error title=mqbench::INCONCLUSIVE: /m);
    expect(await readFile(join(folder, 'few.md'), 'utf8')).toMatch(/^### fabricated: INCONCLUSIVE: /);
    const enough = await compare(['base', 'again', '--require-power', '--metric', 'clients.connected']);
    expect(enough).toMatchObject({ code: 0, out: expect.stringMatching(/^No regression found: /m) });
    expect((await compare(['base', 'slow', '--require-power'])).code).toBe(11);
  });

  it('judges only the metrics asked for, each with its own margin', async () => {
    const { out } = await compare(['base', 'slow', '--metric', 'publish.ack.p99', '--margin', 'publish.ack=50%']);
    expect(out).toContain('3 numbers');
    expect(out).toContain('No regression found');
    const unknown = await compare(['base', 'slow', '--metric', 'publish.akc', '--metric', 'rate.offered']);
    expect(unknown).toMatchObject({ code: 2, message: 'no such metric to compare: publish.akc, rate.offered' });
  });

  it('exits with 4 when a single repeat of the head failed, and says which, why, and that the others cannot speak for it', async () => {
    const result = buildResult({ ...common, seed: 9 });
    const cells = result.cells.map((cell) =>
      cell.id === 'quic@30ms#7'
        ? { ...cell, status: 'failed' as const, error: { code: 'MQB_ROLE', message: 'the broker ended unexpectedly' } }
        : cell,
    );
    await mkdir(join(folder, 'once-broken'), { recursive: true });
    await writeFile(join(folder, 'once-broken', 'result.json'), JSON.stringify({ ...result, cells }));
    const files = ['--markdown', 'failed.md', '--junit', 'failed.xml'];
    const { code, out, err } = await compare(['base', 'once-broken', ...files], { GITHUB_ACTIONS: 'true' });
    const said = '1 of 10 repeats of head did not finish in quic@30ms: the broker ended unexpectedly';
    expect(code).toBe(4);
    expect(out.replace(/\s+/g, ' ')).toContain(`The head failed: ${said}. Of what finished, none of`);
    expect(out.replace(/\s+/g, ' ')).toContain(`${said}; its numbers are of those that survived`);
    expect(out).not.toContain('No regression found');
    expect(err).toContain(`::error title=mqbench%3A quic@30ms::${said}`);
    expect(await readFile(join(folder, 'failed.md'), 'utf8')).toMatch(/^### .*The head failed: 1 of 10 repeats/);
    expect(await readFile(join(folder, 'failed.xml'), 'utf8')).toMatch(/<failure [^>]*1 of 10 repeats of head/);
    const other = await compare(['once-broken', 'base']);
    expect(other.code).toBe(0);
    expect(other.out.replace(/\s+/g, ' ')).toContain('1 of 10 repeats of base did not finish in quic@30ms');
  });

  it.each([
    ['a promise that was broken', { ledger: [broken] }, 'the promise of QoS 1 was broken: 2 missing'],
    ['a promise that is not settled', { ledger: [{ ...broken, verdict: 'not-settled' as const }] }, 'is not settled'],
    ['a broken protocol', { errors: [{ code: 'MQB_ACK_TWICE', message: 'twice', count: 3 }] }, 'the peer broke the'],
    ['clients lost for good', { counters: { 'clients.gone': 3 } }, '3 of 200 clients were lost for good'],
    ['no acknowledgement at all', { ledger: [{ ...broken, acknowledged: 0 }] }, 'none of 20,000 publishes was'],
  ])('exits with 4 over %s in one repeat of the head, and only names it in the base', async (what, over, says) => {
    const name = what.replaceAll(' ', '-');
    const result = buildResult({ ...common, seed: 9, rebind: false });
    const cells = result.cells.map((cell) => (cell.id === 'quic@30ms#7' ? { ...cell, ...over } : cell));
    await put('calm', { seed: 1, rebind: false });
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, 'result.json'), JSON.stringify({ ...result, cells }));
    const files = ['--markdown', `${name}.md`, '--junit', `${name}.xml`];
    const { code, out, err } = await compare(['calm', name, ...files], { GITHUB_ACTIONS: 'true' });
    const failed = '1 of 10 repeats of head failed in quic@30ms: ';
    expect(code).toBe(4);
    const verdict = out.replace(/\s+/g, ' ').split('The head failed: ')[1];
    expect(verdict).toMatch(new RegExp(`^${failed}.*${says}`));
    expect(out).not.toMatch(/No regression found|INCONCLUSIVE/);
    expect(err).toContain(`::error title=mqbench%3A quic@30ms::${failed}`);
    expect(await readFile(join(folder, `${name}.md`), 'utf8')).toMatch(
      new RegExp(`^### .*: The head failed: .*${says}`),
    );
    expect(await readFile(join(folder, `${name}.xml`), 'utf8')).toMatch(
      new RegExp(`<failure message="${failed}.*${says}`),
    );
    const other = await compare([name, 'calm']);
    expect(other.code).toBe(0);
    expect(other.out.replace(/\s+/g, ' ')).toMatch(
      new RegExp(`1 of 10 repeats of base failed in quic@30ms: .*${says}`),
    );
  });

  it('says of a head that failed and is slower besides both, with exit code 11', async () => {
    const networks = [1, 30]; // six cells: more than are listed one by one
    await put('wide', { seed: 1, networks });
    const result = buildResult({ ...common, seed: 3, slower: 1.2, networks });
    const cells = result.cells.map((cell) => ({ ...cell, ledger: [broken] }));
    await mkdir(join(folder, 'slow-and-broken'), { recursive: true });
    await writeFile(join(folder, 'slow-and-broken', 'result.json'), JSON.stringify({ ...result, cells }));
    const { code, out } = await compare(['wide', 'slow-and-broken']);
    expect(code).toBe(11);
    expect(out.replace(/\s+/g, ' ')).toMatch(
      /Regression: \d+ of \d+ numbers are worse, and the head failed: 10 of 10 repeats of head failed in tcp@1ms: .*; and so in 3 more cells\. $/,
    );
  });

  it('treats a cell that failed in the head as lost, never as fine', async () => {
    const result = buildResult({ ...common, seed: 9 });
    const cells = result.cells.map((cell) => (cell.arm === 'quic' ? { ...cell, status: 'failed' as const } : cell));
    await mkdir(join(folder, 'broken'), { recursive: true });
    await writeFile(join(folder, 'broken', 'result.json'), JSON.stringify({ ...result, cells }));
    const { code, out } = await compare(['base', 'broken']);
    expect(code).toBe(11);
    expect(out).toMatch(/no data any more \(\d+\)/);
    expect(out).toMatch(/have no data in head, and the head failed: 10 of 10 repeats/);
  });
});
