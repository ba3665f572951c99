import { pid } from 'node:process';
import { nowMicros } from '../../base/clock.js';
import { exitCodes } from '../../base/exit-codes.js';
import { defaultWorkers } from '../../base/process/processors.js';
import { evaluateExpectations } from '../../expect/evaluate.js';
import type { LoadReport } from '../../load/contract.js';
import { Coordinator } from '../../load/coordinator.js';
import { loadRegistry } from '../../load/prometheus.js';
import { MetricsServer, parseMetricsAddress } from '../../metrics/metrics-server.js';
import type { LoadPlan } from '../../plan/plan.js';
import { breachesOf } from '../../result/breaches.js';
import type { Cell, Result } from '../../result/types.js';
import { PhaseMeter } from '../../run/usage/phases.js';
import { Family } from '../../run/usage/proc.js';
import { readLoad } from '../../run/usage/roles.js';
import { requireTransport } from '../../transport/registry.js';
import type { Environment } from '../environment.js';
import { Exit } from '../exit.js';
import { isPrinted } from '../shared-options.js';
import { checkExpectations } from './expect.js';
import { checkLimits, machineLimits } from './limits.js';
import type { LoadCommand, LoadFlags } from './options/flags.js';
import { checkOutputs, writeOutputs } from './outputs.js';
import { playLoad } from './phases.js';
import { checkFeeder } from './plan/feeder-check.js';
import { checkNames, checkSources } from './plan/sources.js';
import { loadResult } from './result.js';
import { describeLoad } from './screen/describe.js';
import { LoadLine } from './screen/line.js';
import { summaryText } from './screen/summary.js';

/** A load from its plan to its summary. @throws Exit with 4, 5 or 10; what checkLimits and the workers throw; MQB_QUIC_UNAVAILABLE */
export async function runLoad(env: Environment, command: LoadCommand, plan: LoadPlan, flags: LoadFlags): Promise<void> {
  const workers = Math.min(flags.workers ?? defaultWorkers(), plan.clients);
  await requireTransport(plan.target.transport); // a machine without it is told before anything runs
  checkFeeder(plan);
  checkLimits(plan, workers, machineLimits());
  checkExpectations(plan, flags);
  if ((plan.reconnect?.connectTries ?? 0) === 0) await checkNames(hostsOf(plan), laterName);
  await checkSources(plan);
  checkOutputs(env, flags);
  const metricsAddress = metricsAddressOf(flags);
  if (!flags.quiet) env.stderr.write(`${describeLoad(plan, flags, workers)}\n`);

  const startedAt = new Date();
  const began = nowMicros();
  const interrupt = new AbortController();
  const stopListening = env.onInterrupt((signal) => interrupt.abort(signal));
  const load = await Coordinator.start(plan, { workers });
  const exporter = await openExporter(env, plan, metricsAddress, load);
  const line = new LoadLine(env.stderr, plan, nowMicros, began);
  load.onProgress((progress) => {
    if (!flags.quiet) line.update(progress);
  });
  const family = new Family(pid);
  const meter = new PhaseMeter(() => readLoad({ load, family }));
  let outcome: Outcome;
  let untidy: unknown;
  try {
    outcome = await outcomeOf(load, playLoad(load, plan, flags, interrupt.signal, meter));
  } finally {
    line.clear();
    await load.close().catch((error) => {
      untidy = error;
    });
    await exporter?.close();
  }
  const { report, failure } = outcome;
  const times = { startedAt, durationMicros: nowMicros() - began };
  const interrupted = cutShort(flags, plan, interrupt);
  const about = { ...times, phases: meter.phases, workers, interrupted, failure };
  await conclude(env, plan, flags, loadResult(env, command, plan, report, about), { workers, interrupt, ...outcome });
  if (untidy !== undefined) throw untidy;
  stopListening(); // not earlier: a signal while results are written must not lose them
}

const hostsOf = ({ target: { hosts } }: LoadPlan): string[] => hosts.map(({ host }) => host);
const laterName =
  'correct the name or the resolver of this machine, or give an address; where the name comes later, clients may try again: --num-retry-connect 10';

interface Outcome {
  readonly report: LoadReport;
  /** Clients that were connected when it ended. */
  readonly connectedAtEnd: number;
  /** What broke it off. */
  readonly failure?: unknown;
}

/** What was measured, also when it is broken off: the workers that live have it. @throws where none has */
async function outcomeOf(load: Coordinator, playing: Promise<void>): Promise<Outcome> {
  try {
    await Promise.race([playing, load.failed]);
    const connectedAtEnd = await load.connectedNow();
    return { report: await load.collect(), connectedAtEnd };
  } catch (failure) {
    const report = await load.salvage(1e6).catch(() => {
      throw failure;
    });
    return { report, connectedAtEnd: 0, failure };
  }
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

/** Without a length a signal is how a run ends, not how it is broken off. */
function cutShort(flags: LoadFlags, plan: LoadPlan, interrupt: AbortController): boolean {
  return interrupt.signal.aborted && (flags.duration !== undefined || plan.publish?.limit !== undefined);
}

/** Prints first: where the disk is full, the terminal is all that is left. */
async function conclude(
  env: Environment,
  plan: LoadPlan,
  flags: LoadFlags,
  measured: Result,
  end: Pick<Outcome, 'connectedAtEnd' | 'failure'> & { readonly workers: number; readonly interrupt: AbortController },
): Promise<void> {
  const expectations = evaluateExpectations(flags.expect ?? [], measured);
  const result = { ...measured, expectations };
  const [cell] = result.cells;
  if (cell === undefined) throw new Error('a load leaves one cell');
  const losses = end.failure === undefined ? lossesOf(plan, cell, end.connectedAtEnd) : [];
  if (!isPrinted(flags.json))
    env.stdout.write(`${summaryText({ plan, cell, expectations, processes: end.workers, losses })}\n`);
  await writeOutputs(env, flags, result);
  if (end.failure !== undefined) throw end.failure;
  const { signal } = end.interrupt;
  const byOthers = signal.aborted && signal.reason !== 'SIGINT';
  if (result.status === 'interrupted' || byOthers) throw new Exit(exitCodes.interrupted);
  if (losses.length > 0 || breachesOf(cell).length > 0) throw new Exit(exitCodes.run);
  if ((cell.metrics.values['clients.connected'] ?? 0) === 0) throw new Exit(exitCodes.run);
  if (expectations.some((expectation) => expectation.outcome !== 'held')) throw new Exit(exitCodes.expectation);
}

/** What became of the fleet, where that makes the run a failure, in words. */
function lossesOf(plan: LoadPlan, cell: Cell, connectedAtEnd: number): string[] {
  if ((cell.counters['clients.gone'] ?? 0) > 0) return []; // that is told by name already
  const wereThere = (cell.metrics.values['clients.connected'] ?? 0) > 0;
  return wereThere && connectedAtEnd === 0 && plan.churn === undefined ? ['no client was connected at the end'] : [];
}
