import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { readResults } from '../../../src/cli/result-paths.js';
import { compareResults } from '../../../src/compare/compare.js';
import { mergeRepeats } from '../../../src/compare/merge.js';
import { collectProvenance } from '../../../src/result/provenance.js';
import { type Result, resultSchema } from '../../../src/result/types.js';
import { findScenario } from '../../../src/scenario/find.js';
import { readScenario } from '../../../src/scenario/read.js';
import { firstRepeats } from '../../helpers/first-repeats.js';

const baselines = fileURLToPath(new URL('../../../results/baselines', import.meta.url));
let base: Result;
beforeAll(async () => {
  base = mergeRepeats((await readResults(['demo-quick'], baselines)).map(({ result }) => result)) as Result;
});

it('the committed baseline can be read, is of one kind, and has enough repeats to be compared with', () => {
  expect(base.status).toBe('finished');
  const repeats = new Map<string, number>();
  for (const cell of base.cells) repeats.set(cell.arm, (repeats.get(cell.arm) ?? 0) + 1);
  expect(Object.fromEntries(repeats)).toEqual({ tcp: 10, tls: 10, quic: 10 });
});

/** The numbers of the baseline under everything that a run of today would carry, but for the machine. */
function ofToday(only: string | undefined): Result {
  const path = findScenario('demo', '/');
  const resolved = readScenario(readFileSync(path, 'utf8'), path, { quick: true, only });
  const { mqbench, packages } = collectProvenance({ command: [], seed: 1, workers: 1 });
  return {
    ...base,
    schema: resultSchema,
    scenario: { ...base.scenario, resolved },
    provenance: { ...base.provenance, mqbench, packages },
  };
}

describe('what demo --quick measures today', () => {
  it.each(['30ms', undefined])('may be compared with it, run with --only %s', (only) => {
    const comparison = compareResults([firstRepeats(base, 4)], [firstRepeats(ofToday(only), 4)]);
    expect(comparison.circumstances).toEqual([]);
    expect(comparison.outcome).toBe('no-regression');
    expect(new Set(comparison.rows.map(({ cell }) => cell))).toEqual(new Set(['tcp@30ms', 'tls@30ms', 'quic@30ms']));
    expect(comparison.rows.length).toBeGreaterThan(50);
  });
});
