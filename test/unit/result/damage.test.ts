import { describe, expect, it } from 'vitest';
import { MqbenchError } from '../../../src/base/errors.js';
import { renderings } from '../../../src/cli/renderings.js';
import { compareResults } from '../../../src/compare/compare.js';
import { parseResult } from '../../../src/result/read.js';
import type { Result } from '../../../src/result/types.js';
import { fc } from '../../helpers/properties.js';
import { buildResult } from '../../helpers/result-builder.js';

const whole = JSON.stringify(buildResult({ repeats: 1 }));
type Path = (string | number)[];

/** The result with one value changed. */
function changed(path: Path, value: unknown): string {
  const data = JSON.parse(whole) as Record<string | number, unknown>;
  let holder = data;
  for (const part of path.slice(0, -1)) holder = holder[part] as Record<string | number, unknown>;
  holder[path.at(-1) as string] = value;
  return JSON.stringify(data);
}

describe('a damaged result', () => {
  it('is none when nothing was changed', () => {
    expect(parseResult(whole, 'r.json').cells.length).toBeGreaterThan(1);
  });

  it.each<[Path, unknown]>([
    [['provenance', 'machine', 'kernel'], undefined],
    [['cells', 0, 'timeline'], 'x'],
    [['cells', 1, 'resources'], [null]],
    [['cells', 0, 'counters'], null],
    [['cells', 0, 'events'], [{ name: 'rebind', atMicros: 1, proof: null }]],
    [['cells', 0, 'status'], 'excellent'],
    [['expectations', 0, 'outcome'], 'sure'],
    [['cells', 2, 'metrics', 'distributions', 'connect.connack', 'p95'], 'abc'],
    [['cells', 2, 'metrics', 'distributions', 'connect.connack', 'p95'], -5],
    [['cells', 1, 'id'], 'tcp@1ms'],
    [['cells', 0, 'metrics', 'values', 'clients.connected'], '5'],
    [['planned'], [1]],
    [['status'], 'nearly'],
  ])('%j = %j is exit code 2 with its path', (path, value) => {
    const text = path.reduce<string>(
      (all, part) => (typeof part === 'number' ? `${all}[${part}]` : `${all}${all && '.'}${part}`),
      '',
    );
    expect(() => parseResult(changed(path, value), 'r.json')).toThrow(
      expect.objectContaining({
        code: 'MQB_RESULT',
        exitCode: 2,
        message: expect.stringContaining(`is damaged: ${text}`),
      }),
    );
  });

  it('is read in well under a second', () => {
    const large = JSON.stringify(buildResult({ repeats: 5 }));
    const began = performance.now();
    parseResult(large, 'r.json');
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it('that passes can be shown and compared, whatever was changed in it', async () => {
    const base = parseResult(whole, 'base.json');
    // The page is made of the same parts, at fifty times the cost.
    const fast = Object.entries(renderings).filter(([name]) => name !== 'html');
    const render = await Promise.all(fast.flatMap(([, forms]) => forms.map(({ load }) => load())));
    const paths: Path[] = [];
    const walk = (value: unknown, path: Path): void => {
      if (path.length > 0) paths.push(path);
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value).slice(0, 12))
        walk(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    };
    walk(JSON.parse(whole), []);
    const values = fc.constantFrom<unknown>(undefined, null, -5, 'abc', '', [], {}, [null], 1e300, true, {
      a: { b: [] },
    });
    const left: Result[] = [];
    fc.assert(
      fc.property(fc.constantFrom(...paths), values, (path, value) => {
        try {
          left.push(parseResult(changed(path, value), 'r.json'));
        } catch (error) {
          if (!(error instanceof MqbenchError) || error.exitCode !== 2) throw error;
        }
      }),
      { numRuns: 200, interruptAfterTimeLimit: 2_000 },
    );
    const began = performance.now();
    for (const result of left) {
      if (performance.now() - began > 3_000) break;
      for (const one of render) one([result]);
      try {
        compareResults([base], [result], { margins: {}, force: true });
      } catch (error) {
        if (!(error instanceof MqbenchError)) throw error;
      }
    }
  });
});
