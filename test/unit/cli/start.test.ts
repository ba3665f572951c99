import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** What is imported as soon as a module is, types aside. */
function imports(file: URL, seen = new Map<string, URL>(), packages = new Set<string>()): Set<string> {
  if (seen.has(file.href)) return packages;
  seen.set(file.href, file);
  const text = readFileSync(file, 'utf8');
  for (const [, clause = '', from = ''] of text.matchAll(/^(?:import|export) ([^;]*?)from '([^']+)';/gms)) {
    if (clause.startsWith('type ')) continue;
    if (from.startsWith('.')) imports(new URL(from.replace(/\.js$/, '.ts'), file), seen, packages);
    else if (!from.startsWith('node:')) packages.add(from);
  }
  return packages;
}

describe('the start of the program', () => {
  it('imports no command and no package but that which reads the command line', () => {
    const modules = new Map<string, URL>();
    const packages = imports(new URL('../../../src/main.ts', import.meta.url), modules);
    expect([...packages]).toEqual(['commander']);
    const folders = new Set([...modules.keys()].map((href) => /src\/(\w+)\//.exec(href)?.[1]));
    expect([...folders].sort()).toEqual(['base', 'cli', 'scenario', undefined]);
    expect(modules.size).toBeLessThan(20);
  });
});
