import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeStampedFolder } from '../../../src/base/folder.js';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'mqbench-folder-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

it('a folder named after its time is made for one alone, however many are made at once', async () => {
  const at = new Date('2026-11-20T21:56:07.123Z');
  const made = await Promise.all(Array.from({ length: 20 }, () => makeStampedFolder(join(parent, 'new'), 'ab', at)));
  const numbers = Array.from({ length: 19 }, (_, i) => `-${i + 2}`);
  const names = ['', ...numbers].map((number) => `ab-2026-11-20T21-56-07${number}`);
  expect(made.sort()).toEqual(names.map((name) => join(parent, 'new', name)).sort());
  expect((await readdir(join(parent, 'new'))).sort()).toEqual(names.sort());
});
