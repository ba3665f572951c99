import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command as reportCommand } from '../../../../src/cli/report.js';
import { cellsCsv } from '../../../../src/report/csv/cells.js';
import { timeSeriesCsv } from '../../../../src/report/csv/csv.js';
import { headline } from '../../../../src/report/headline/headline.js';
import { renderHtml } from '../../../../src/report/html/report.js';
import { resultJunit } from '../../../../src/report/junit/result.js';
import type { Cell, Distribution, Result } from '../../../../src/result/types.js';
import { fakeEnvironment } from '../../../helpers/fake-environment.js';
import { armModels, buildResult } from '../../../helpers/result-builder.js';

function withCells(result: Result, change: (cell: Cell) => Partial<Cell>): Result {
  return { ...result, cells: result.cells.map((cell) => ({ ...cell, ...change(cell) })) };
}

const small = buildResult({ networks: [30], repeats: 1 });

describe('report.html', () => {
  const document = renderHtml([small]);

  it('answers every question of the reader in a section of its own', () => {
    const ids = [...document.matchAll(/<section id="r1-([^"]+)">/g)].map((match) => match[1]);
    expect(ids).toEqual([
      'expectations',
      'matrix',
      'timelines',
      'distributions',
      'stages',
      'resources',
      'wire',
      'ledger',
      'calibration',
      'events',
      'errors',
      'doubts',
      'provenance',
      'repeat',
    ]);
  });

  it('needs nothing from outside and runs nothing', () => {
    expect(document).not.toMatch(/<script|<img|<link(?! rel="icon" href="data:,")|@import|url\(http|src="/i);
    expect(document).toContain("default-src 'none'");
    expect(document).not.toMatch(/ style="/); // blocked by its own policy
  });

  it('gives every clip path an id of its own, and the same document every time', () => {
    const ids = [...document.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(renderHtml([small])).toBe(document);
  });

  it('escapes what comes from scenario files and peers', () => {
    const evil = '<script>alert(1)</script>';
    const result = withCells({ ...small, scenario: { ...small.scenario, title: evil, why: evil } }, (cell) => ({
      arm: evil,
      network: { ...cell.network, name: evil },
      errors: [{ code: evil, message: evil, count: 1 }],
      doubts: [{ code: 'few-samples', message: evil }],
    }));
    expect(renderHtml([result])).not.toContain('<script>');
  });

  it('shows differences from the first arm with their intervals once there are repeats', () => {
    expect(document).toContain('which needs at least 2 repeats');
    const repeated = renderHtml([buildResult({ networks: [30], repeats: 3, numbersOnly: true })]);
    expect(repeated).toMatch(/<small>[+−][\d.]+ % \([+−][\d.]+ … [+−][\d.]+ %\)<\/small>/);
  });

  it('compares several results of one scenario', () => {
    const again = renderHtml([
      buildResult({ repeats: 10, numbersOnly: true }),
      buildResult({ repeats: 10, numbersOnly: true, seed: 2, slower: 1.2 }),
    ]);
    expect(again).toContain('<section id="compare-1">');
    expect(again).toMatch(/Regression: \d+ of \d+ numbers are worse\./);
  });

  it('says so when nothing finished', () => {
    const failed = withCells(small, () => ({
      status: 'failed',
      error: { code: 'EADDRINUSE', message: 'port in use' },
    }));
    const text = renderHtml([failed]);
    expect(text).toContain('No cell of 3 finished; there is nothing to report.');
    expect(text).toContain('port in use');
  });
});

describe('headline', () => {
  it('is computed from the numbers', () => {
    const [connect, survival, silence, delivery] = headline(small);
    const median = (arm: string) => {
      const micros = small.cells.find((cell) => cell.arm === arm)?.metrics.distributions['connect.connack']?.p50 ?? 0;
      return `${(micros / 1000).toFixed(1)} ms`;
    };
    expect(connect).toContain('At 30 ms round trip');
    for (const arm of ['tcp', 'tls', 'quic']) expect(connect).toContain(median(arm));
    expect(survival).toMatch(
      /^After the rebind all 200 TCP clients reconnected, the slowest after \d.* s; all 200 TLS clients reconnected, .*; no QUIC client reconnected\.$/,
    );
    expect(silence).toMatch(/QUIC \d+ ms, T\w+ [\d.]+ s and T\w+ [\d.]+ s/);
    expect(delivery).toContain('Every QoS promise was kept: 60,000 messages');
  });

  it('names what was broken, and what is missing from the result', () => {
    const broken = withCells(small, (cell) =>
      cell.arm === 'tls'
        ? { ledger: cell.ledger.map((row) => ({ ...row, missing: 12, verdict: 'broken' as const })) }
        : cell.arm === 'tcp'
          ? { status: 'failed' as const }
          : {},
    );
    const sentences = headline({ ...broken, planned: [...broken.planned, 'ws@30ms'] });
    expect(sentences).toContain('A QoS promise was broken in tls@30ms (QoS 1): 12 messages are missing.');
    expect(sentences.at(-1)).toBe('Incomplete: tcp@30ms failed; 1 of 4 planned cells were not run.');
  });

  it('sums up where many arms came back, and still names those that stayed', () => {
    const names = ['tls12', 'tls12-ticket', 'tls-ticket'];
    const arms = [armModels.tcp, armModels.quic, ...names.map((name) => ({ ...armModels.tls, name }))];
    const [, survival] = headline(buildResult({ networks: [30], repeats: 1, arms }));
    expect(survival).toMatch(
      /^After the rebind clients of 4 arms reconnected, in the median after [\d.]+ s \(\S+\) to [\d.]+ s \(\S+\); no QUIC client reconnected\.$/,
    );
  });

  it('tells what a message weighs where nothing else happens', () => {
    const calm = buildResult({ networks: [30], repeats: 1, rebind: false });
    const weighed = withCells(calm, (cell) => ({
      metrics: {
        ...cell.metrics,
        values: { ...cell.metrics.values, 'wire.message.up': { tcp: 126, tls: 148, quic: 149 }[cell.arm] },
      },
    }));
    expect(headline(weighed)).toContain(
      'At 30 ms round trip one message put on the wire, client to server: TCP 126 B, TLS 148 B and QUIC 149 B.',
    );
  });

  it('says nothing about events that did not happen', () => {
    const calm = headline(buildResult({ networks: [30], repeats: 1, rebind: false, arms: [armModels.quic] }));
    expect(calm.some((sentence) => sentence.includes('address change'))).toBe(false);
  });
});

describe('junit.xml', () => {
  it('fails on a missed expectation, on one without data, and on a broken promise; unsupported is skipped', () => {
    const result: Result = {
      ...withCells(small, (cell) => (cell.arm === 'tls' ? { status: 'unsupported' } : {})),
      expectations: [
        { text: 'a', outcome: 'held', found: '' },
        { text: 'b < 1', outcome: 'missed', found: '2' },
        { text: 'c', outcome: 'no-data', found: 'nothing recorded' },
      ],
      planned: [...small.planned, 'ws@30ms'],
    };
    const xml = resultJunit([result]);
    expect(xml).toContain('failures="2" errors="1" skipped="1"');
    expect(xml).toContain(
      '<testcase classname="fabricated" name="expect b &lt; 1"><failure message="found 2"/></testcase>',
    );
    expect(xml).toContain('<failure message="no data: nothing recorded"/>');
    expect(xml).toContain('<error message="planned, but not run"/>');
  });

  it('stays XML whatever a peer sends', () => {
    const xml = resultJunit([
      withCells(small, () => ({ status: 'failed', error: { code: 'X', message: '\u0000\u001b]"<&>' } })),
    ]);
    expect(xml).toContain('<error message="X: ]&quot;&lt;&amp;&gt;"/>');
  });
});

describe('timeline.csv', () => {
  it('has a line for each step of each series of each cell', () => {
    const lines = timeSeriesCsv([small]).trimEnd().split('\r\n');
    expect(lines).toHaveLength(1 + 3 * 4 * 30);
    expect(lines).toContain('fabricated,tls@30ms,tls,30ms,1,13,received,4000');
  });

  it('quotes names, and no spreadsheet takes one for a formula', () => {
    const named = withCells(small, () => ({ arm: '=SUM(A1)', id: 'a,"b"' }));
    expect(timeSeriesCsv([named])).toContain(`fabricated,"a,""b""",'=SUM(A1),30ms,1,0,`);
  });
});

describe('cells.csv', () => {
  const rowsOf = (results: Result[]): string[][] =>
    cellsCsv(results)
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','));

  it('has every statistic of every distribution, and every value, of the cell, its windows and its events', () => {
    const [head, ...rows] = rowsOf([small]);
    expect(head?.join()).toBe('scenario,arm,network,repeat,window,metric,statistic,value,unit,doubts');
    expect(rows.every((row) => row.length === 10)).toBe(true);
    const numbers = small.cells.flatMap((cell) => {
      const sets = [
        cell.metrics,
        ...Object.values(cell.windows),
        ...cell.events.flatMap((event) => event.metrics ?? []),
      ];
      return sets.map((set) => 9 * Object.keys(set.distributions).length + Object.keys(set.values).length);
    });
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.length).toBeLessThanOrEqual(numbers.reduce((sum, count) => sum + count, 0));
    const keys = rows.map((row) => row.slice(0, 7).join());
    expect(new Set(keys).size).toBe(keys.length);
    const [cell] = small.cells;
    const p95 = cell?.metrics.distributions['connect.connack']?.p95;
    expect(keys).toContain(`fabricated,${cell?.arm},30ms,1,,connect.connack,p95`);
    expect(
      rows.find((row) => row.slice(0, 7).join() === `fabricated,${cell?.arm},30ms,1,,connect.connack,p95`),
    ).toEqual(expect.arrayContaining([String(p95), 'us']));
  });

  it('names the doubts of each number, and what is a lower bound', () => {
    const doubted = withCells(small, (cell) => ({
      doubts: [
        { code: 'generator-bound' as const, message: 'x' },
        {
          code: 'few-samples' as const,
          metric: 'connect.connack' as const,
          statistics: ['p99' as const],
          message: 'y',
        },
      ],
      metrics: {
        ...cell.metrics,
        distributions: {
          'connect.connack': {
            ...(cell.metrics.distributions['connect.connack'] as Distribution),
            atLeast: ['max' as const],
          },
        },
      },
    }));
    const of = (statistic: string): string | undefined =>
      rowsOf([doubted]).find((row) => row[4] === '' && row[5] === 'connect.connack' && row[6] === statistic)?.[9];
    expect(of('p50')).toBe('generator-bound');
    expect(of('p99')).toBe('generator-bound few-samples');
    expect(of('max')).toBe('generator-bound lower-bound');
    expect(of('count')).toBe('generator-bound');
  });

  it('has no line that a spreadsheet takes for a formula', () => {
    const named = withCells(small, () => ({ arm: '=SUM(A1)' }));
    expect(cellsCsv([named])).toContain(`fabricated,'=SUM(A1),30ms,1,`);
  });
});

describe('mqbench report', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mqbench-report-'));
    await writeFile(join(folder, 'result.json'), JSON.stringify(small));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('renders every form beside the result', async () => {
    const env = fakeEnvironment(folder);
    await reportCommand(env).parseAsync(['.'], { from: 'user' });
    expect(await readFile(join(folder, 'report.html'), 'utf8')).toBe(renderHtml([small]));
    for (const file of ['summary.md', 'junit.xml', 'cells.csv', 'timeline.csv']) {
      expect((await readFile(join(folder, file), 'utf8')).length).toBeGreaterThan(200);
      expect(env.out()).toContain(join(folder, file));
    }
  });

  it('takes the runs in a folder as repeats of one chapter', async () => {
    for (const [index, side] of ['base', 'base', 'head'].entries()) {
      const run = join(folder, 'ab', side, `run-${index}`);
      await mkdir(run, { recursive: true });
      const result = buildResult({ networks: [30], repeats: 1, numbersOnly: true, seed: index });
      await writeFile(join(run, 'result.json'), JSON.stringify(result));
    }
    const args = ['ab/base', 'ab/head', '--out', 'ab', '--format', 'html'];
    await reportCommand(fakeEnvironment(folder)).parseAsync(args, { from: 'user' });
    const text = await readFile(join(folder, 'ab', 'report.html'), 'utf8');
    expect([...text.matchAll(/<article id/g)]).toHaveLength(2);
    expect(text).toContain('Medians of 2 repeats, max: the largest of all');
    expect(text).toContain('<section id="compare-1">');
  });

  it('calls several chapters by what tells their paths apart', async () => {
    const places = ['before/run-1', 'after/run-1'];
    for (const [seed, place] of places.entries()) {
      await mkdir(join(folder, place), { recursive: true });
      const result = buildResult({ networks: [30], repeats: 1, numbersOnly: true, seed });
      await writeFile(join(folder, place, 'result.json'), JSON.stringify(result));
    }
    const env = fakeEnvironment(folder);
    const headings = async (...paths: string[]): Promise<string[]> => {
      const args = [...paths, '--out', 'both', '--format', 'html,markdown,junit,csv,text'];
      await reportCommand(env).parseAsync(args, { from: 'user' });
      const read = (file: string) => readFile(join(folder, 'both', file), 'utf8');
      const files = ['report.html', 'summary.md', 'junit.xml', 'cells.csv'];
      const texts = (await Promise.all(files.map(read))).join('\n');
      const found = texts.match(/^fabricated[^,]*|(?<=<h1>|compare-1"><h3>|^### |<testsuite name=")[^<"?\n]+/gm) ?? [];
      return [...new Set(found.map((text) => text.trim()))];
    };
    expect(await headings('before', 'after')).toMatchInlineSnapshot(`
      [
        "fabricated: after against before",
        "A fleet behind a NAT whose address changes: before",
        "A fleet behind a NAT whose address changes: after",
        "fabricated: before",
        "fabricated: after",
      ]
    `);
    expect(await headings('before/run-1/', './after/run-1/result.json')).toMatchInlineSnapshot(`
      [
        "fabricated: after/run-1 against before/run-1",
        "A fleet behind a NAT whose address changes: before/run-1",
        "A fleet behind a NAT whose address changes: after/run-1",
        "fabricated: before/run-1",
        "fabricated: after/run-1",
      ]
    `);
    expect(await headings('before')).toMatchInlineSnapshot(`
      [
        "A fleet behind a NAT whose address changes",
        "fabricated",
      ]
    `);
    expect(env.out().match(/^A fleet.*$/gm)).toMatchInlineSnapshot(`
      [
        "A fleet behind a NAT whose address changes: before",
        "A fleet behind a NAT whose address changes: after",
        "A fleet behind a NAT whose address changes: before/run-1",
        "A fleet behind a NAT whose address changes: after/run-1",
        "A fleet behind a NAT whose address changes",
      ]
    `);
  });

  it('asks for a folder when there are several results, and names unknown formats', async () => {
    const env = fakeEnvironment(folder);
    const call = (args: string[]) => reportCommand(env).parseAsync(args, { from: 'user' });
    await expect(call(['.', '.'])).rejects.toThrow('several results have no common folder');
    await expect(call(['.', '--format', 'html,pdf'])).rejects.toThrow('"pdf" is none of html');
    await expect(call(['nowhere'])).rejects.toThrow('there is no file or folder "nowhere"');
  });
});
