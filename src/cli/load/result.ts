import type { LoadReport } from '../../load/contract.js';
import { allRefused } from '../../load/doubts/clients.js';
import type { LoadPlan } from '../../plan/plan.js';
import { partialDoubt } from '../../result/doubts/result.js';
import { collectProvenance } from '../../result/provenance.js';
import { type Cell, type PhaseUse, type Result, resultSchema } from '../../result/types.js';
import { boundDoubts } from '../../run/doubts/bound.js';
import { connectionDoubts } from '../../run/doubts/connections.js';
import { cellError } from '../../run/partial.js';
import type { Environment } from '../environment.js';
import { commandWithoutSecrets } from './command-secrets.js';
import type { LoadCommand } from './options/flags.js';
import { measuredWindow } from './phases.js';
import { notesOf } from './screen/notes.js';
import { planWithoutSecrets } from './secrets.js';

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
    ...(report.addresses.length === 0 ? {} : { addresses: report.addresses }),
    events: [],
    resources: [report.resources],
    counters: report.counters,
    timeline: report.timeline,
    phases: about.phases,
    doubts: [
      ...(about.failure === undefined ? [] : [partialDoubt(about.durationMicros)]),
      ...report.doubts,
      ...connectionDoubts([], [], report), // a load by hand knows of no events
      ...(allRefused(report) ? [] : boundDoubts(about.phases, [measuredWindow], report.doubts)),
    ],
    notes: notesOf(plan, report),
  };
  return {
    format: 'mqbench-result',
    schema: resultSchema,
    scenario: { name: command, title: `mqbench ${command}`, resolved: planWithoutSecrets(plan) },
    provenance: collectProvenance({
      command: commandWithoutSecrets(env.command),
      seed: plan.seed,
      workers: about.workers,
    }),
    startedAt,
    finishedAt: new Date().toISOString(),
    status,
    planned: [cell.id],
    cells: [cell],
    expectations: [],
    doubts: [],
  };
}
