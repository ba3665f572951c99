import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseExpectation } from '../../../src/expect/parse.js';
import { metrics } from '../../../src/metrics/registry.js';
import { describeScenario } from '../../../src/scenario/describe.js';
import { readScenario } from '../../../src/scenario/read.js';
import { unequalTerms } from '../../../src/scenario/terms.js';
import type { ResolvedScenario } from '../../../src/scenario/types.js';
import { runCli } from '../../helpers/cli.js';

const text = readFileSync(new URL('../../../docs/scenarios.md', import.meta.url), 'utf8');

describe('docs/scenarios.md', () => {
  it('names every metric (a new one wants a row there)', () => {
    expect(Object.keys(metrics).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  const examples = [...text.matchAll(/```yaml\n(title: (.*)\n[\s\S]*?)```/g)].map(([, yaml = '', title = '']) => ({
    title,
    yaml,
  }));

  it.each(examples)('shows a scenario that runs: $title', async ({ title, yaml }) => {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-example-'));
    writeFileSync(join(folder, 'example.yaml'), yaml);
    const { code, stdout } = await runCli(['run', 'example.yaml', '--dry-run'], { cwd: folder });
    rmSync(folder, { recursive: true });
    expect([code, stdout.split('\n')[0]]).toEqual([0, title]);
  });

  it('shows arms that differ in a setting of QUIC alone, which is told of them', () => {
    const scenarios = examples.map(({ yaml }) => readScenario(yaml, 'example.yaml'));
    const [scenario] = scenarios.filter(({ arms }) => arms.some(({ quic }) => quic));
    expect(describeScenario(scenario as ResolvedScenario)).toContain('probing (quic, tailProbeMs 150)');
    expect(unequalTerms(scenario as ResolvedScenario)).toContain(
      "QUIC's tailProbeMs: 150 on probing; 0 where it is not set",
    );
  });

  it('shows expectations that parse', () => {
    const block = /one language:\n\n([\s\S]*?)\n\nThe form is/.exec(text)?.[1] ?? '';
    const examples = block.split('\n').map((line) => line.trim().split(/\s{3,}/)[0] ?? '');
    expect(examples).toHaveLength(9);
    for (const example of examples) expect(() => parseExpectation(example), example).not.toThrow();
  });
});
