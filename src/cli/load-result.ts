import type { LoadPlan, LoadReport } from '../load/contract.js';
import { collectProvenance } from '../result/provenance.js';
import { type Cell, type Result, resultSchema } from '../result/types.js';
import type { Environment } from './environment.js';
import type { LoadCommand } from './load-flags.js';

interface Circumstances {
  readonly startedAt: Date;
  readonly durationMicros: number;
  readonly workers: number;
  readonly interrupted: boolean;
}

/** The same shape as a scenario's result, with one cell, so that report and compare take it. */
export function loadResult(
  env: Environment,
  command: LoadCommand,
  plan: LoadPlan,
  report: LoadReport,
  about: Circumstances,
): Result {
  const { transport } = plan.target;
  const status = about.interrupted ? 'interrupted' : 'finished';
  const startedAt = about.startedAt.toISOString();
  const cell: Cell = {
    id: transport,
    arm: transport,
    transport,
    network: { name: 'direct', profile: {}, rttMicros: 0 },
    repeat: 1,
    status,
    startedAt,
    durationMicros: Math.round(about.durationMicros),
    metrics: report.metrics,
    windows: report.windows,
    theoryRoundTrips: {},
    ledger: report.ledger,
    errors: report.errors,
    events: [],
    resources: [report.resources],
    counters: report.counters,
    timeline: report.timeline,
    doubts: report.doubts,
  };
  return {
    format: 'mqbench-result',
    schema: resultSchema,
    scenario: { name: command, title: `mqbench ${command}`, resolved: withoutSecrets(plan) },
    provenance: collectProvenance({ command: redacted(env.command), seed: plan.seed, workers: about.workers }),
    startedAt,
    finishedAt: new Date().toISOString(),
    status,
    planned: [cell.id],
    cells: [cell],
    expectations: [],
    doubts: [],
  };
}

/** Results are passed around: no password and no key in them. */
function withoutSecrets(plan: LoadPlan): LoadPlan {
  const { password, ...rest } = plan;
  const { key, ...target } = plan.target;
  return {
    ...rest,
    ...(password === undefined ? {} : { password: '(given)' }),
    target: { ...target, ...(key === undefined ? {} : { key: '(given)' }) },
  };
}

/** The command line with the value of -P and the password of a URL taken out. */
function redacted(words: readonly string[]): string[] {
  return words.map((word, i) => {
    if (words[i - 1] === '-P' || words[i - 1] === '--password') return '(given)';
    return word
      .replace(/^(--password=|-P).+/, '$1(given)')
      .replace(/^([a-z0-9+-]+:\/\/[^:/@]*):[^@/]*@/i, '$1:(given)@');
  });
}
