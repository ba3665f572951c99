import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseExpectation } from '../../../src/expect/parse.js';
import { metrics } from '../../../src/metrics/registry.js';
import { readScenario } from '../../../src/scenario/read.js';

const text = readFileSync(new URL('../../../docs/scenarios.md', import.meta.url), 'utf8');

describe('docs/scenarios.md', () => {
  it('names every metric (a new one wants a row there)', () => {
    expect(Object.keys(metrics).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('shows a scenario that is valid', () => {
    const example = /```yaml\n(title[\s\S]*?)```/.exec(text)?.[1] ?? '';
    expect(readScenario(example, 'example.yaml').arms.map(({ name }) => name)).toEqual(['tls', 'quic']);
  });

  it('shows expectations that parse', () => {
    const block = /one language:\n\n([\s\S]*?)\n\nThe form is/.exec(text)?.[1] ?? '';
    const examples = block.split('\n').map((line) => line.trim().split(/\s{3,}/)[0] ?? '');
    expect(examples).toHaveLength(9);
    for (const example of examples) expect(() => parseExpectation(example), example).not.toThrow();
  });
});
