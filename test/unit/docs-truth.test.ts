import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';

const page = readFileSync(new URL('../../docs/truth.md', import.meta.url), 'utf8');

it('every test that docs/truth.md names as a proof is there', () => {
  const named = [...page.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, path = '']) => path);
  const there = readdirSync(new URL('../', import.meta.url), { recursive: true }).map((path) => `test/${path}`);
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((name) => !there.some((path) => path === name || basename(path) === name))).toEqual([]);
});
