import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
// @ts-expect-error a script without types
import { judge } from '../../scripts/bench/judge.mjs';
// @ts-expect-error a script without types
import { measureSection } from '../../scripts/bench/run.mjs';
import { hasMosquitto } from '../broker/mosquitto.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mqbench-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Bench {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** Resolves when standard output has it, or when the benchmark has ended. */
  sees(text: string): Promise<void>;
  /** As the file has it now. */
  result(): Result;
}

interface Result {
  readonly finished: boolean;
  readonly rows: readonly { readonly what: string; readonly reached?: number; readonly state: string }[];
  readonly samples: readonly { readonly cell: string }[];
  readonly gauge: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly commits: Readonly<Record<string, string>>;
}

/** @param mark stands in the environment of all that it starts */
function bench(args: readonly string[], mark = 'none'): Bench {
  const file = join(folder, `${mark}.json`);
  const child = spawn(process.execPath, [`${root}scripts/bench/main.mjs`, ...args, '--json', file], {
    env: { ...process.env, MQBENCH_TEST_MARK: mark },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  });
  let [stdout, stderr] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  const sees = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (stdout.includes(text)) resolve();
      };
      child.stdout.on('data', look);
      void ended.then(() => resolve());
      look();
    });
  return { child, ended, sees, result: () => JSON.parse(readFileSync(file, 'utf8')) };
}

/** Processes that still run and were started by the benchmark of that mark. */
function left(mark: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`MQBENCH_TEST_MARK=${mark}`);
    } catch {
      return false; // ended, or of another user
    }
  });
}

describe('scripts/bench', () => {
  it('prints its rows, keeps them, and says how fast the machine was before and after', async () => {
    const run = bench(['--only', 'recording', '--quick'], 'whole');
    const { code, stdout, stderr } = await run.ended;
    expect(stderr).toContain('recording.loops 1/1: loops');
    expect(code).toBe(0);
    const { finished, rows, gauge, commits } = run.result();
    expect(finished).toBe(true);
    expect(rows.map(({ what }) => what)).toEqual(['recording a sample', 'writing a PUBLISH of 64 B']);
    for (const { what, reached } of rows) {
      expect(reached).toBeGreaterThan(0);
      expect(stdout).toContain(`| ${what}`);
    }
    expect(Object.keys(commits)).toEqual(['after']);
    for (const when of ['before', 'after']) {
      const { memoryNanoseconds = 0, datagramMicroseconds = 0, switchMicroseconds = 0 } = gauge[when] ?? {};
      // A cache answers within 20 ns and no memory within 10; the kernel takes more than a call of nothing (0.1 µs) for either.
      expect(memoryNanoseconds).toBeGreaterThan(10);
      expect(memoryNanoseconds).toBeLessThan(20_000);
      expect(datagramMicroseconds).toBeGreaterThan(0.3);
      expect(datagramMicroseconds).toBeLessThan(1_000);
      expect(switchMicroseconds).toBeGreaterThan(0.3);
      expect(stdout).toMatch(new RegExp(`machine ${when}: .*datagram sent and received [\\d.]+ µs, .*stolen .*load`));
    }
  });

  it.each(['SIGINT', 'SIGKILL'] as const)(
    'cut off by %s after a row keeps it, and leaves no process',
    async (signal) => {
      const run = bench(['--only', 'recording,steady', '--quick'], signal);
      await run.sees('writing a PUBLISH');
      run.child.kill(signal);
      const { code, stdout, stderr } = await run.ended;
      expect(code).toBe(signal === 'SIGINT' ? 5 : null);
      const { finished, rows, gauge } = run.result();
      expect(finished).toBe(false);
      expect(rows.map(({ what }) => what)).toEqual(['recording a sample', 'writing a PUBLISH of 64 B']);
      expect(gauge.before?.memoryNanoseconds).toBeGreaterThan(10);
      if (signal === 'SIGINT') {
        expect(stderr).toContain('interrupted; what was finished is kept in');
        expect(stdout).toContain('machine before');
      }
      await expect.poll(() => left(signal)).toEqual([]);
    },
  );

  it('refuses what it does not know, all of it at once, and lists what there is', async () => {
    const unknown = await bench(['--only', 'steady,peers.tsl,nothing']).ended;
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('--only: there is no peers.tsl, nothing');
    expect(unknown.stderr).toMatch(/groups: connects, throughput, .*peers\n/);
    expect(unknown.stderr).toContain('peers.tls, peers.quic');
    const wrong = await bench(['--rounds', 'few', '--against-build', folder, '--against', join(folder, 'none')]).ended;
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/--rounds few: a whole number.*--against-build .*no build there.*git worktree/s);
    for (const option of ['--rounds few', `--against-build ${folder}`, '--against ']) {
      expect(wrong.stderr).toContain(option);
    }
  });

  it('does not compare a quick run with a long one', async () => {
    const earlier = join(folder, 'earlier.json');
    writeFileSync(earlier, JSON.stringify({ quick: false, rows: [], gauge: { before: {} } }));
    const { code, stderr } = await bench(['--only', 'recording', '--quick', '--against', earlier]).ended;
    expect(code).toBe(2);
    expect(stderr).toContain('measured without --quick, and this run is the other way: they are no pair');
  });

  it('explains itself without a build', async () => {
    const help = await new Promise<string>((resolve, reject) => {
      const child = spawn('scripts/bench.sh', ['--help'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.on('data', (text) => {
        said += text;
      });
      child.on('error', reject).on('close', () => resolve(said));
    });
    for (const text of ['--only', '--against-build', '--against ', '--json', '--quick', 'peers', 'Examples']) {
      expect(help).toContain(text);
    }
  });
});

const times = { clients: 20, perSecond: 400, warmMillis: 300, measuredMillis: 1_000 };
const load = (server: string, needs?: string) => ({
  measure: 'load',
  params: { server, transport: 'tcp', ...times },
  seconds: 5,
  needs,
});

/** Runs a section with the real runner. */
async function measured(section: object, builds: Record<string, string | undefined>, rounds: number) {
  const samples: { failed?: string; values?: Record<string, number> }[] = [];
  const order: string[] = [];
  await measureSection(section, {
    ...{ rounds, builds, absent: [], signal: new AbortController().signal },
    onBegin: ({ name, build }: Record<string, string>) => order.push(`${build} ${name}`),
    onSample: (sample: object) => samples.push(sample),
  });
  return { samples, order };
}

const row = {
  ...{ what: 'broker CPU per message', unit: 'x', from: ['ours', 'theirs'] },
  of: (ours: { brokerMicros: number }, theirs: { brokerMicros: number }) => ours.brokerMicros / theirs.brokerMicros,
};

describe.skipIf(!hasMosquitto)('a small load on the included broker and on mosquitto', () => {
  it('gives a ratio of processor time per message, of the same load', async () => {
    const section = {
      group: 'test',
      full: 'test.small',
      cells: { ours: load('mqbench'), theirs: load('mosquitto', 'mosquitto') },
      rows: [row],
    };
    const { samples } = await measured(section, { after: undefined }, 1);
    expect(samples.map(({ failed }) => failed)).toEqual([undefined, undefined]);
    for (const { values } of samples) {
      expect(values?.rate).toBeGreaterThan(200);
      // Nobody answers faster than loopback, and no broker takes a PUBLISH for nothing.
      expect(values?.brokerMicros).toBeGreaterThan(1);
      expect(values?.generatorMicros).toBeGreaterThan(1);
      expect(values?.p99).toBeGreaterThanOrEqual(values?.p95 as number);
      expect(values?.p50).toBeGreaterThan(0.01);
    }
    expect(judge(row, section, samples, ['after'], []).reached).toBeGreaterThan(0);
  });
});

it('two builds are measured by turns: before, after, after, before', async () => {
  const section = {
    group: 'test',
    full: 'test.builds',
    cells: { loops: { measure: 'recording', params: { callsShare: 0.02 }, seconds: 3 } },
  };
  const { samples, order } = await measured(section, { before: root, after: undefined }, 2);
  expect(order).toEqual(['before loops', 'after loops', 'after loops', 'before loops']);
  expect(samples.map(({ failed }) => failed)).toEqual([undefined, undefined, undefined, undefined]);
});

it('a cell that cannot be measured says why, and the others go on', async () => {
  const cells = {
    bad: { measure: 'connects-by', params: { generator: 'nobody', server: 'mqbench', clients: 1 }, seconds: 3 },
    good: { measure: 'recording', params: { callsShare: 0.02 }, seconds: 3 },
  };
  const { samples } = await measured({ group: 'test', full: 'test.bad', cells }, { after: undefined }, 1);
  expect(samples[0]?.failed).toContain('is not a function');
  expect(samples[1]?.values?.record).toBeGreaterThan(0);
});
