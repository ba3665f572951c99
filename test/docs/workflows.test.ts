import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from './pages.js';

const folder = `${root}.github/workflows/`;
const texts = new Map(readdirSync(folder).map((file) => [file, readFileSync(folder + file, 'utf8')]));

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Workflow {
  readonly permissions: unknown;
  readonly on: { readonly pull_request?: { readonly paths?: readonly string[] } | null };
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[]; readonly 'timeout-minutes'?: number }>>;
}
const workflows = [...texts].map(([file, text]) => ({ file, workflow: parse(text) as Workflow }));
const stepsOf = ({ jobs }: Workflow): Step[] => Object.values(jobs).flatMap(({ steps }) => steps);

describe('the workflows', () => {
  it.each(workflows)(
    '$file takes actions by their hash, keeps no credentials, may only read, and ends',
    ({ file, workflow }) => {
      for (const { uses, with: inputs } of stepsOf(workflow)) {
        if (uses === undefined) continue;
        expect(uses).toMatch(/@[0-9a-f]{40}$/);
        expect(texts.get(file)).toMatch(new RegExp(`${uses} # v[\\d.]+\n`));
        if (uses.startsWith('actions/checkout@')) expect(inputs?.['persist-credentials']).toBe(false);
      }
      expect(workflow.permissions).toEqual({ contents: 'read' });
      for (const job of Object.values(workflow.jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0);
    },
  );

  it.each(workflows)('$file puts no text of a pull request into a script', ({ workflow }) => {
    for (const { run = '' } of stepsOf(workflow)) expect(run).not.toContain('${{');
  });

  it('run the tests for every change, and the gate for whatever decides what is measured', () => {
    const of = (file: string) => workflows.find((one) => one.file === file)?.workflow as Workflow;
    expect(of('tests.yml').on).toEqual({ push: { branches: ['main'] }, pull_request: null });
    expect(stepsOf(of('tests.yml')).map(({ run }) => run)).toContain('scripts/test.sh');
    expect(of('perf.yml').on.pull_request?.paths).toEqual(
      expect.arrayContaining(['src/**', 'scenarios/**', 'scripts/**', 'package.json', 'package-lock.json']),
    );
  });
});
