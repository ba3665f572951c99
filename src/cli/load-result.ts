import type { FeedRow, LoadPlan, LoadReport } from '../load/contract.js';
import { collectProvenance } from '../result/provenance.js';
import { type Cell, type PhaseUse, type Result, resultSchema } from '../result/types.js';
import { boundDoubts } from '../run/doubts/bound.js';
import { cellError, partialDoubt } from '../run/partial.js';
import type { Environment } from './environment.js';
import type { LoadCommand } from './load-flags.js';
import { notesOf } from './load-notes.js';
import { measuredWindow } from './load-phases.js';

interface Circumstances {
  readonly startedAt: Date;
  readonly durationMicros: number;
  readonly phases: readonly PhaseUse[];
  readonly workers: number;
  readonly interrupted: boolean;
  /** What ended the load before its time; undefined: nothing did. */
  readonly failure: unknown;
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
  const status = about.failure !== undefined ? 'failed' : about.interrupted ? 'interrupted' : 'finished';
  const startedAt = about.startedAt.toISOString();
  const cell: Cell = {
    id: transport,
    arm: transport,
    transport,
    network: { name: 'direct', profile: {}, rttMicros: 0 },
    repeat: 1,
    status,
    ...(about.failure === undefined ? {} : { error: cellError(about.failure) }),
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
    phases: about.phases,
    doubts: [
      ...(about.failure === undefined ? [] : [partialDoubt(about.durationMicros)]),
      ...report.doubts,
      ...boundDoubts(about.phases, [measuredWindow], report.doubts),
    ],
    notes: notesOf(plan, report),
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
  const { password, feed, ...rest } = plan;
  const { key, ws, ...target } = plan.target;
  const names = Object.keys(ws?.headers ?? {});
  return {
    ...rest,
    ...(feed === undefined ? {} : { feed: feed.map(rowWithoutSecrets) }),
    ...(password === undefined ? {} : { password: '(given)' }),
    target: {
      ...target,
      ...(key === undefined ? {} : { key: '(given)' }),
      // A header may be a token.
      ...(ws === undefined
        ? {}
        : { ws: { ...ws, headers: Object.fromEntries(names.map((name) => [name, '(given)'])) } }),
    },
  };
}

function rowWithoutSecrets(row: FeedRow): FeedRow {
  const secret = (['password', 'key'] as const).filter((column) => row[column] !== undefined);
  return { ...row, ...Object.fromEntries(secret.map((column) => [column, '(given)'])) };
}

/** The command line with the value of -P, those of --ws-header and the password of a URL taken out. */
function redacted(words: readonly string[]): string[] {
  return words.map((word, i) => {
    if (words[i - 1] === '-P' || words[i - 1] === '--password') return '(given)';
    if (/^(--ws-headers?|-wh)$/.test(words[i - 1] ?? '')) return word.replace(/:.*/s, ':(given)');
    return word
      .replace(/^(--ws-header=[^:]*):.*/s, '$1:(given)')
      .replace(/^(--password=|-P).+/, '$1(given)')
      .replace(/^([a-z0-9+-]+:\/\/[^:/@]*):[^@/]*@/i, '$1:(given)@');
  });
}
