import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a script without types
import { withFolders, withOverrides } from '../../scripts/lint/imports.mjs';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const remake = 'else: node scripts/lint/imports.mjs && npx biome format --write biome.json';

describe('docs/architecture.md', () => {
  const page = read('docs/architecture.md');

  it(`has the table of folders that lint enforces (${remake})`, () => {
    expect(page).toBe(withFolders(page));
  });

  it('names only files and folders that are there', () => {
    const named = [...page.matchAll(/`((?:src|test|scripts|docs)\/[\w/.-]+)`/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  });
});

it(`biome.json says who may import whom as the table does (${remake})`, () => {
  const config = JSON.parse(read('biome.json'));
  expect(config).toEqual(withOverrides(config));
});
