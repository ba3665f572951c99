import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectProvenance } from '../../../src/result/provenance.js';
import { parseResult, readResult } from '../../../src/result/read.js';
import { ResultStore } from '../../../src/result/store.js';
import { cell, result } from '../report/made-up.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = new Date('2026-11-20T21:56:07.123Z');

describe('the result store', () => {
  it('makes a folder named after scenario and time, and another one in the same second', async () => {
    const first = await ResultStore.create(join(folder, 'a', 'b'), 'demo', at);
    const second = await ResultStore.create(join(folder, 'a', 'b'), 'demo', at);
    expect(first.directory).toBe(join(folder, 'a', 'b', 'demo-2026-11-20T21-56-07'));
    expect(second.directory).toBe(`${first.directory}-2`);
    expect(readdirSync(first.directory)).toEqual([]);
  });

  it('leaves a whole result.json and nothing else after every write', async () => {
    const store = await ResultStore.create(folder, 'demo', at);
    for (const cells of [[], [cell('tcp', 1000)], [cell('tcp', 1000), cell('quic', 1000)]]) {
      await store.write(result(cells));
      expect((await readResult(store.directory)).cells).toEqual(JSON.parse(JSON.stringify(cells)));
      expect(readdirSync(store.directory)).toEqual(['result.json']);
    }
    expect(await store.writeFile('summary.md', 'x')).toBe(join(store.directory, 'summary.md'));
    expect(readFileSync(join(store.directory, 'summary.md'), 'utf8')).toBe('x');
  });

  it('goes on in the folder of an earlier run', async () => {
    const store = await ResultStore.create(folder, 'demo', at);
    expect((await ResultStore.reopen(store.directory)).directory).toBe(store.directory);
    await expect(ResultStore.reopen(join(folder, 'no'))).rejects.toMatchObject({ code: 'MQB_OUTPUT', exitCode: 2 });
  });

  it.each([
    ['below a file', () => '/etc/passwd/results'],
    ['where nothing can be made', () => '/proc/results'],
    ['that is a file', () => join(folder, 'file')],
  ])('refuses a folder %s in the first second, with what would help', async (_, path) => {
    writeFileSync(join(folder, 'file'), '');
    const began = performance.now();
    await expect(ResultStore.create(path(), 'demo', at)).rejects.toMatchObject({
      code: 'MQB_OUTPUT',
      exitCode: 2,
      message: expect.stringContaining(path()),
      hint: expect.stringContaining('--out'),
    });
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it.skipIf(getuid?.() === 0)(
    'refuses a folder without the right to write (root may write anywhere: skipped)',
    async () => {
      mkdirSync(join(folder, 'mine'));
      chmodSync(join(folder, 'mine'), 0o500);
      await expect(ResultStore.create(join(folder, 'mine'), 'demo', at)).rejects.toMatchObject({ code: 'MQB_OUTPUT' });
    },
  );

  it('a folder that vanished under a run is a failed run, not bad usage', async () => {
    const store = await ResultStore.create(folder, 'demo', at);
    rmSync(store.directory, { recursive: true });
    await expect(store.write(result([]))).rejects.toMatchObject({ code: 'MQB_OUTPUT', exitCode: 4 });
  });
});

describe('reading results', () => {
  const text = JSON.stringify(result([cell('tcp', 1000)]));
  const wrong = (change: (data: Record<string, unknown>) => void): string => {
    const data = JSON.parse(text) as Record<string, unknown>;
    change(data);
    return JSON.stringify(data);
  };

  it('takes the file or the folder', async () => {
    writeFileSync(join(folder, 'result.json'), text);
    expect(await readResult(folder)).toEqual(await readResult(join(folder, 'result.json')));
    expect((await readResult(folder)).cells[0]?.id).toBe('tcp@1ms');
  });

  it.each([
    ['empty', '', 'is empty'],
    ['truncated', text.slice(0, 500), 'is truncated after 500 bytes'],
    ['not JSON', '<html>', 'is not JSON'],
    ['of something else', '{"name":"x"}', 'is JSON of something else'],
    ['of another format', '{"format":"k6"}', 'has the format "k6"'],
    ['no object', 'null', 'is JSON of something else'],
    ['newer', wrong((data) => Object.assign(data, { schema: 99 })), 'has schema 99, written by a newer mqbench'],
    ['without a schema', wrong((data) => delete data.schema), 'has no schema number'],
    [
      'lacking parts',
      wrong((data) => [delete data.cells, delete data.provenance]),
      'is damaged: provenance is missing; cells is missing',
    ],
    [
      'holding half a cell',
      wrong((data) => Object.assign(data, { cells: [{ id: 'a' }] })),
      'cells[0].arm is missing; cells[0].transport is missing; cells[0].network is missing (and',
    ],
  ])('says that a file is %s, and what was expected', (_, content, message) => {
    expect(() => parseResult(content, 'r.json')).toThrow(message);
    expect(() => parseResult(content, 'r.json')).toThrow(/^r\.json .*expected a result of mqbench run/);
    expect(() => parseResult(content, 'r.json')).toThrow(expect.objectContaining({ code: 'MQB_RESULT', exitCode: 2 }));
  });

  it('names a path that does not exist', async () => {
    await expect(readResult(join(folder, 'no'))).rejects.toMatchObject({ code: 'MQB_RESULT', exitCode: 2 });
    await expect(readResult(folder)).rejects.toThrow('result.json');
  });
});

describe('provenance', () => {
  it('names the machine, Node and the packages that carry the measurement', () => {
    const provenance = collectProvenance({ command: ['run', 'demo'], seed: 3, workers: 2 });
    expect(provenance).toMatchObject({
      command: ['run', 'demo'],
      seed: 3,
      workers: 2,
      node: expect.stringMatching(/^v\d+/),
    });
    expect(provenance.machine.memoryBytes).toBeGreaterThan(1e8);
    expect(provenance.machine.cores).toBeGreaterThan(0);
    for (const version of Object.values(provenance.packages)) expect(version).toMatch(/^\d+\.\d+\.\d+/);
  });
});
