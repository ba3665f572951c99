import { appendFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { pid } from 'node:process';
import { nowMicros } from '../base/clock.js';
import { MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import type { LoadPlan, LoadReport } from '../load/contract.js';
import { Coordinator } from '../load/coordinator.js';
import { loadRegistry } from '../load/prometheus.js';
import { MetricsServer, parseMetricsAddress } from '../metrics/metrics-server.js';
import { timeSeriesCsv } from '../report/csv.js';
import type { Result } from '../result/types.js';
import { PhaseMeter } from '../run/phases.js';
import { Family } from '../run/proc.js';
import { readLoad } from '../run/roles.js';
import { evaluateExpectations } from '../scenario/expect.js';
import { parseExpectation } from '../scenario/expect-parse.js';
import type { Environment } from './environment.js';
import { Exit } from './exit.js';
import { describeLoad } from './load-describe.js';
import type { LoadCommand, LoadFlags } from './load-flags.js';
import { checkFeeder } from './load-input.js';
import { checkLimits, machineLimits } from './load-limits.js';
import { LoadLine } from './load-line.js';
import { usage } from './load-parsers.js';
import { playLoad } from './load-phases.js';
import { loadResult } from './load-result.js';
import { summaryText } from './load-summary.js';

/** A load from its plan to its summary. @throws Exit with 4, 5 or 10; what machineLimits and the workers throw */
export async function runLoad(env: Environment, command: LoadCommand, plan: LoadPlan, flags: LoadFlags): Promise<void> {
  const workers = Math.min(flags.workers ?? Math.max(1, availableParallelism() - 1), plan.clients);
  checkFeeder(plan);
  checkLimits(plan, workers, machineLimits());
  checkExpectations(flags.expect ?? []);
  openOutputs(env, flags);
  const metricsAddress = metricsAddressOf(flags);
  if (!flags.quiet) env.stderr.write(`${describeLoad(plan, flags, workers)}\n`);

  const startedAt = new Date();
  const began = nowMicros();
  const interrupt = new AbortController();
  const stopListening = env.onInterrupt(() => interrupt.abort());
  const load = await Coordinator.start(plan, { workers });
  const exporter = await openExporter(env, plan, metricsAddress, load);
  const line = new LoadLine(env.stderr, plan, nowMicros, began);
  let connectedAtEnd = 0;
  load.onProgress((progress) => {
    if (!flags.quiet) line.update(progress);
  });
  const family = new Family(pid);
  const meter = new PhaseMeter(() => readLoad({ load, family }));
  let report: LoadReport;
  try {
    await Promise.race([playLoad(load, plan, flags, interrupt.signal, meter), load.failed]);
    connectedAtEnd = await load.connectedNow();
    report = await load.collect();
  } finally {
    line.clear();
    stopListening();
    await load.close();
    await exporter?.close();
  }
  const times = { startedAt, durationMicros: nowMicros() - began };
  const result = loadResult(env, command, plan, report, {
    ...times,
    phases: meter.phases,
    workers,
    interrupted: cutShort(flags, plan, interrupt),
  });
  conclude(env, plan, flags, result, workers, connectedAtEnd);
}

const defaultExporter = '127.0.0.1:9465';
type MetricsAddress = ReturnType<typeof parseMetricsAddress>;

/** @throws for what is no address, before anything runs */
function metricsAddressOf({ prometheus }: LoadFlags): MetricsAddress | undefined {
  if (prometheus === undefined) return undefined;
  return parseMetricsAddress(prometheus === true ? defaultExporter : prometheus);
}

async function openExporter(
  env: Environment,
  plan: LoadPlan,
  address: MetricsAddress | undefined,
  load: Coordinator,
): Promise<MetricsServer | undefined> {
  if (address === undefined) return undefined;
  try {
    const exporter = await MetricsServer.open(
      address,
      loadRegistry(plan, () => load.state),
    );
    env.stderr.write(`metrics    ${exporter.url}\n`);
    return exporter;
  } catch (error) {
    await load.close();
    throw error;
  }
}

/** Without a length Ctrl-C is how a run ends, not how it is broken off. */
function cutShort(flags: LoadFlags, plan: LoadPlan, interrupt: AbortController): boolean {
  return interrupt.signal.aborted && (flags.duration !== undefined || plan.publish?.limit !== undefined);
}

function conclude(
  env: Environment,
  plan: LoadPlan,
  flags: LoadFlags,
  measured: Result,
  workers: number,
  connectedAtEnd: number,
): void {
  const expectations = evaluateExpectations(flags.expect ?? [], measured) as Result['expectations'];
  const result = { ...measured, expectations };
  const [cell] = result.cells;
  if (cell === undefined) throw new Error('a load leaves one cell');
  if (flags.json !== undefined) writeFileSync(resolve(env.cwd, flags.json), `${JSON.stringify(result, null, 2)}\n`);
  if (flags.csv !== undefined) writeFileSync(resolve(env.cwd, flags.csv), timeSeriesCsv([result]));
  env.stdout.write(`${summaryText({ plan, cell, expectations, processes: workers })}\n`);
  const lost = connectedAtEnd === 0 && plan.churn === undefined;
  if ((cell.metrics.values['clients.connected'] ?? 0) === 0 || lost || (cell.counters['clients.gone'] ?? 0) > 0) {
    throw new Exit(exitCodes.run);
  }
  if (result.status === 'interrupted') throw new Exit(exitCodes.interrupted);
  if (expectations.some((expectation) => expectation.outcome !== 'held')) throw new Exit(exitCodes.expectation);
}

/** A mistake in an expectation must not show after an hour of load. */
function checkExpectations(texts: readonly string[]): void {
  for (const text of texts) {
    try {
      parseExpectation(text);
    } catch (error) {
      throw usage(`--expect "${text}": ${messageOf(error)}`, 'for example: --expect "publish.ack.p95 < 20ms"');
    }
  }
}

/** A path that cannot be written fails in the first second, not after the run. */
function openOutputs(env: Environment, flags: LoadFlags): void {
  for (const file of [flags.json, flags.csv]) {
    if (file === undefined) continue;
    try {
      appendFileSync(resolve(env.cwd, file), '');
    } catch (error) {
      throw new MqbenchError('MQB_OUTPUT', `cannot write ${file}: ${messageOf(error)}`, { exitCode: exitCodes.usage });
    }
  }
}
