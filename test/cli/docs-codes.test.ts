import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { doubtsMarkdown } from '../../src/cli/docs/codes.js';
import { buildProgram } from '../../src/cli/program.js';
import { doubts } from '../../src/result/doubts/table.js';
import { fakeEnvironment } from '../helpers/fake-environment.js';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const remake = 'if not: npm run build && node scripts/docs/codes.mjs';

/** Every code in quotes in the sources; one that is made up of parts counts by its fixed beginning. */
function codesInUse(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of readdirSync(new URL('src', root), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = read(`src/${file}`).replace(/\/\*\*[\s\S]*?\*\//g, '');
    for (const [, code = ''] of text.matchAll(/['"`](MQB_[A-Z_0-9]*[A-Z])\b/g)) found.set(code, file);
  }
  return found;
}

describe('docs/errors.md', () => {
  const sections = read('docs/errors.md').split('\n### ').slice(1);
  const codes = sections.map((section) => section.split('\n')[0] as string);

  it('has every code that the program can give, and no other', () => {
    const inUse = codesInUse();
    inUse.delete('MQB_NO'); // `MQB_NO_${packet}`, of which these are the two:
    inUse.set('MQB_NO_CONNACK', '').set('MQB_NO_SUBACK', '');
    expect([...inUse].filter(([code]) => !codes.includes(code))).toEqual([]);
    expect(codes.filter((code) => !inUse.has(code))).toEqual([]);
    expect(inUse.size).toBeGreaterThan(70);
    expect(new Set(codes).size).toBe(codes.length);
  });

  const each = codes.map((code, i) => [code, sections[i] as string]);
  it.each(each)(
    'says of %s what happened, what to do, and what it spoils where something was measured',
    (_, section) => {
      expect(section.split('\n## ')[0]).toMatch(
        /^MQB_[A-Z_]+\n\n[A-Z].*\.\n\n(- \*\*What it spoils\*\*: [A-Z].*\.\n)?- \*\*What to do\*\*: .*\.\s*$/,
      );
    },
  );

  it('names no option that there is not', async () => {
    const options = new Set<string>(['--help']);
    const collect = (command: Awaited<ReturnType<typeof buildProgram>>): void => {
      for (const { long } of command.options) if (long) options.add(long);
      for (const child of command.commands) collect(child);
    };
    collect(await buildProgram(fakeEnvironment('/')));
    const named = `${read('docs/errors.md')}${doubtsMarkdown()}`.match(/--[a-z][a-z-]+/g) ?? [];
    expect(named.filter((option) => !options.has(option))).toEqual([]);
  });
});

describe('docs/doubts.md', () => {
  it(`is what the table of doubts says; ${remake}`, () => {
    expect(read('docs/doubts.md')).toBe(doubtsMarkdown());
  });

  it('has doubts that are raised in the folders of doubts and nowhere else', () => {
    const raised = readdirSync(new URL('src', root), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) =>
        [...read(`src/${file}`).matchAll(/\bcode: '([a-z-]+)'/g)].map(([, code = '']) => ({ file, code })),
      )
      .filter(({ code }) => code in doubts);
    expect(raised.filter(({ file }) => !/^(result|load|run)\/doubts\//.test(file))).toEqual([]);
    expect(raised.length).toBeGreaterThan(25);
  });

  it('says of each doubt what it spoils and what to do', () => {
    for (const { spoils, remedy } of Object.values(doubts)) {
      expect(spoils).toMatch(/\.$/);
      expect(remedy).toMatch(/\.$/);
    }
  });
});
