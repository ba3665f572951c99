import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ResultStore } from '../../../src/result/store.js';
import { outputError, writeWhole } from '../../../src/result/whole-file.js';
import { cell, result } from '../report/made-up.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-whole-'));
  file = join(folder, 'r.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What is written to a file of this name finds the disk full (full(4)). */
const fillDisk = (path: string): void => symlinkSync('/dev/full', `${path}.new`);

describe('a file that is written whole', () => {
  it('replaces what was there, and keeps its rights and the links to it', async () => {
    writeFileSync(file, 'old and longer');
    chmodSync(file, 0o600);
    symlinkSync(file, join(folder, 'link'));
    await writeWhole(join(folder, 'link'), 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['link', 'r.json']);
  });

  it('leaves what was there, and nothing beside it, where the disk is full', async () => {
    writeFileSync(file, 'old');
    fillDisk(file);
    await expect(writeWhole(file, 'new')).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['r.json']);
  });

  it('is no file: a device is written to, and stays one', async () => {
    await expect(writeWhole('/dev/full', 'x')).rejects.toMatchObject({ code: 'ENOSPC' });
    await writeWhole('/dev/null', 'x');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
  });

  it('is told with the reason and what would help', async () => {
    const error = await writeWhole('/dev/full', 'x').catch((thrown) =>
      outputError('write x', thrown, { option: '--json' }),
    );
    expect(error).toMatchObject({
      code: 'MQB_OUTPUT',
      exitCode: 4,
      message: expect.stringContaining('cannot write x: ENOSPC'),
      hint: 'the disk is full; free some space or choose another place with --json',
    });
  });
});

describe('the result store on a full disk', () => {
  it('says so, keeps the result before, and writes the last one when there is space again', async () => {
    const store = await ResultStore.create(folder, 'demo');
    expect(await store.keep(result([]))).toBeUndefined();
    fillDisk(join(store.directory, 'result.json'));
    expect(await store.keep(result([cell('tcp', 1000)]))).toMatchObject({ code: 'MQB_OUTPUT', exitCode: 4 });
    expect(readdirSync(store.directory)).toEqual(['result.json']);
    const now = () => JSON.parse(readFileSync(join(store.directory, 'result.json'), 'utf8')).cells.length;
    expect(now()).toBe(0);
    await store.writeKept();
    expect(now()).toBe(1);
  });
});
