import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readResults } from '../../../src/cli/result-paths.js';
import { mergeRepeats } from '../../../src/compare/merge.js';

const baselines = fileURLToPath(new URL('../../../results/baselines', import.meta.url));

it('the committed baseline can be read, is of one kind, and has enough repeats to be compared with', async () => {
  const results = (await readResults(['demo-quick'], baselines)).map(({ result }) => result);
  const merged = mergeRepeats(results);
  expect(merged?.status).toBe('finished');
  const repeats = new Map<string, number>();
  for (const cell of merged?.cells ?? []) repeats.set(cell.arm, (repeats.get(cell.arm) ?? 0) + 1);
  expect(Object.fromEntries(repeats)).toEqual({ tcp: 10, tls: 10, quic: 10 });
});
