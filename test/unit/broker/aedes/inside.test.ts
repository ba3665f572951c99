import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Aedes } from 'aedes';
import { afterEach, describe, expect, it, vi } from 'vitest';
// @ts-expect-error a script without types
import { withPatches } from '../../../../scripts/docs/patches.mjs';
import { startAedes } from '../../../../src/broker/aedes/aedes.js';
import { knownVersion } from '../../../../src/broker/aedes/inside.js';
import { patches } from '../../../../src/broker/aedes/patches.js';
import { Broker } from '../../../../src/broker/broker.js';

const root = new URL('../../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const sources = readdirSync(new URL('src/broker', root), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: read(`src/broker/${path}`).replace(/\/\*\*[\s\S]*?\*\//g, '') }));
const listed = Object.entries(patches).flatMap(([of, parts]) =>
  Object.entries(parts).map(([name, patch]) => ({ of, name, by: patch.by as readonly string[] })),
);

describe('the version of aedes', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('is the one that package.json asks for', () => {
    expect(JSON.parse(read('package.json')).dependencies.aedes).toBe(knownVersion);
  });

  it('is asserted before anything listens: another one is refused with what to do', async () => {
    vi.spyOn(Aedes.prototype as Aedes & { version: string }, 'version', 'get').mockReturnValue('1.3.0');
    const listens = vi.spyOn(Aedes.prototype, 'listen');
    await expect(Broker.start({ listeners: { tcp: { port: 0 } } })).rejects.toMatchObject({
      code: 'MQB_AEDES_VERSION',
      exitCode: 3,
      message: 'start the broker on aedes 1.3.0: it replaces private parts of aedes 2.0.0-beta.1',
      hint: 'install mqbench again with its own dependencies (npm ci), of which aedes 2.0.0-beta.1 is one',
    });
    expect(listens).not.toHaveBeenCalled();
  });

  it('is fine as it is installed', async () => {
    const aedes = await startAedes({});
    await new Promise<void>((resolve) => aedes.close(resolve));
    expect(aedes.closed).toBe(true);
  });
});

describe('what is replaced in aedes', () => {
  it('is in docs/broker.md (else: npm run build && node scripts/docs/patches.mjs)', () => {
    const page = read('docs/broker.md');
    expect(page).toBe(withPatches(page, patches));
  });

  it('is replaced by the files that the table names', () => {
    const replaced = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/\breplace\(\s*'(\w+)',[^']*'(\w+)'/g)].map(([, of, name]) => ({ of, name, path })),
    );
    const through = 'aedes/aedes.ts'; // for others
    const known = (part: { of?: string; name?: string; path: string }): boolean =>
      listed.some(({ of, name, by }) => of === part.of && name === part.name && [...by, through].includes(part.path));
    expect(replaced.length).toBeGreaterThan(8);
    expect(replaced.filter((part) => !known(part))).toEqual([]);
    expect(listed.flatMap(({ by }) => by).filter((path) => !existsSync(new URL(`src/broker/${path}`, root)))).toEqual(
      [],
    );
  });

  it('is named by no file outside of src/broker/aedes when it is private', () => {
    const names = [...read('src/broker/aedes/inside.ts').matchAll(/^ {2}(?:readonly )?(_\w+|deliver\w+)\b/gm)];
    const isPrivate = new RegExp(`\\b(?:${names.map(([, name]) => name).join('|')})\\b`, 'g');
    expect(names.length).toBeGreaterThan(4);
    const outside = sources.filter(({ path }) => !path.startsWith('aedes/'));
    expect(
      outside.flatMap(({ path, text }) => (text.match(isPrivate) ?? []).map((name) => `${path}: ${name}`)),
    ).toEqual([]);
  });
});
