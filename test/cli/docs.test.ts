import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { cliMarkdown } from '../../src/cli/docs/cli.js';
import { loadOptions } from '../../src/cli/load/options/options.js';
import { buildProgram } from '../../src/cli/program.js';
import { fakeEnvironment } from '../helpers/fake-environment.js';

describe('docs/cli.md', () => {
  it('is what the program says of itself; if not: npm run build && node scripts/docs/cli.mjs', async () => {
    const written = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
    expect(written).toBe(cliMarkdown(await buildProgram(fakeEnvironment('/'))));
  });

  it('has every option of the load commands', async () => {
    const text = cliMarkdown(await buildProgram(fakeEnvironment('/')));
    for (const { flags } of Object.values(loadOptions)) expect(text).toContain(`\`${flags}\``);
  });
});

describe('the option table', () => {
  it('names each option as commander does, so that what is given is what is read', () => {
    for (const [key, { flags }] of Object.entries(loadOptions)) expect(new Option(flags).attributeName()).toBe(key);
  });
});

describe('option letters', () => {
  it('are those of emqtt-bench', () => {
    const letters = Object.values(loadOptions).flatMap(({ flags }) => /^-(\w),/.exec(flags)?.[1] ?? []);
    expect(letters.sort().join('')).toBe('CFILPRSVchiknpqrstuwx'.split('').concat('m').sort().join(''));
    expect(new Set(letters).size).toBe(letters.length);
  });
});
