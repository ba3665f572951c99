import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { defaultWorkers } from '../../base/process/processors.js';
import { evaluateExpectations } from '../../expect/evaluate.js';
import { checkFeeder } from '../../load/feeder/check.js';
import { MetricsServer, parseMetricsAddress } from '../../metrics/metrics-server.js';
import type { LoadPlan } from '../../plan/plan.js';
import { stagesMicros } from '../../plan/stages.js';
import { breachesOf } from '../../result/breaches.js';
import type { Result } from '../../result/types.js';
import type { AgentsAsked } from '../../run/agents/asked.js';
import type { AgentService } from '../../run/agents/service.js';
import { playLoad } from '../../run/load.js';
import type { Played } from '../../run/play.js';
import type { Phase } from '../../run/progress.js';
import { newResult } from '../../run/result.js';
import { requireTransport } from '../../transport/registry.js';
import { agentsAsked } from '../agent/asked.js';
import type { Environment } from '../environment.js';
import { Exit } from '../exit.js';
import { isPrinted } from '../options/shared.js';
import { ProgressLine } from '../progress-line.js';
import { commandWithoutSecrets } from './command-secrets.js';
import { describeLoad } from './describe.js';
import { checkExpectations } from './expect.js';
import { checkAgentLimits, checkLimits, machineLimits } from './limits.js';
import { notesOf } from './notes.js';
import type { LoadCommand, LoadFlags } from './options/flags.js';
import { checkOutputs, writeOutputs } from './outputs.js';
import { checkNames, checkSources } from './plan/sources.js';
import { planWithoutSecrets } from './secrets.js';
import { summaryText } from './summary.js';

/** A load from its plan to its summary. @throws Exit with 4, 5 or 10; what checkLimits and the workers throw; MQB_QUIC_UNAVAILABLE */
export async function runLoad(env: Environment, command: LoadCommand, plan: LoadPlan, flags: LoadFlags): Promise<void> {
  const asked = agentsAsked(flags, env.cwd);
  if (asked === undefined) return runOn(env, command, plan, flags);
  const stop = listenForStop(env);
  let agents: AgentService | undefined;
  try {
    agents = await agentsFor(env, asked, plan, stop.signal);
    await runOn(env, command, plan, flags, { agents, stop });
  } finally {
    stop.end();
    await agents?.close();
  }
}

/** What tells that somebody wants the load to end: its reason is the name of a signal. */
interface Stop {
  readonly signal: AbortSignal;
  /** Signals are not listened to any more: the next one ends this process. */
  end(): void;
}

function listenForStop(env: Environment): Stop {
  const controller = new AbortController();
  const end = env.onInterrupt((signal) => controller.abort(signal));
  return { signal: controller.signal, end };
}

/** @throws MQB_INTERRUPTED */
function throwIfStopped({ aborted, reason }: AbortSignal): void {
  if (aborted)
    throw new MqbenchError('MQB_INTERRUPTED', `interrupted by ${reason}`, { exitCode: exitCodes.interrupted });
}

/** The agents that the load is to run on. @throws what stops it before it begins, MQB_INTERRUPTED */
async function agentsFor(
  env: Environment,
  asked: AgentsAsked,
  plan: LoadPlan,
  signal: AbortSignal,
): Promise<AgentService> {
  const { AgentService } = await import('../../run/agents/service.js');
  let agents: AgentService | undefined;
  try {
    agents = await AgentService.open(asked, (line) => env.stderr.write(`${line}\n`), signal);
    await agents.check([plan], signal);
    return agents;
  } catch (error) {
    await agents?.close();
    throwIfStopped(signal);
    throw error;
  }
}

async function runOn(
  env: Environment,
  command: LoadCommand,
  plan: LoadPlan,
  flags: LoadFlags,
  elsewhere?: { readonly agents: AgentService; readonly stop: Stop },
): Promise<void> {
  const agents = elsewhere?.agents;
  const workers = Math.min(agents?.workers ?? flags.workers ?? defaultWorkers(), plan.clients);
  await checkBefore(env, plan, flags, workers, agents);
  const metricsAddress = metricsAddressOf(flags);
  if (!flags.quiet) env.stderr.write(`${describeLoad(plan, flags, workers)}\n`);

  const about = { name: command, title: `mqbench ${command}`, resolved: planWithoutSecrets(plan) };
  const begun = newResult(about, [plan.target.transport], {
    command: commandWithoutSecrets(env.command),
    seed: plan.seed,
    workers,
    ...(agents ? { agents: agents.provenance } : {}),
  });
  const stop = elsewhere?.stop ?? listenForStop(env);
  throwIfStopped(stop.signal);
  const played = await playSeen(env, plan, flags, { workers, agents, metricsAddress, stop: stop.signal });
  if (!played.measured) throw played.failure;
  const cell = { ...played.cell, notes: notesOf(plan, played.cell) };
  const status = cell.status === 'unsupported' ? 'failed' : cell.status;
  const measured: Result = { ...begun, finishedAt: new Date().toISOString(), status, cells: [cell] };
  const result = { ...measured, expectations: evaluateExpectations(flags.expect ?? [], measured) };
  // Before anything is written: where the disk is full, the terminal is all that is left.
  if (!isPrinted(flags.json)) env.stdout.write(`${summaryText(plan, result)}\n`);
  await writeOutputs(env, flags, result);
  if (played.failure !== undefined) throw played.failure;
  judge(result, stop.signal);
  if (played.untidy !== undefined) throw played.untidy;
  stop.end(); // not earlier: a signal while results are written must not lose them
}

/** What would stop the load in the middle is told before anything runs. @throws what is wrong */
async function checkBefore(
  env: Environment,
  plan: LoadPlan,
  flags: LoadFlags,
  workers: number,
  agents: AgentService | undefined,
): Promise<void> {
  await requireTransport(plan.target.transport);
  checkFeeder(plan);
  checkExpectations(plan, flags);
  if (agents) {
    checkAgentLimits(plan, agents.infos);
    return checkOutputs(env, flags);
  }
  checkLimits(plan, workers, machineLimits());
  const hosts = plan.target.hosts.map(({ host }) => host);
  if ((plan.reconnect?.connectTries ?? 0) === 0) await checkNames(hosts, laterName);
  await checkSources(plan);
  checkOutputs(env, flags);
}

const laterName =
  'correct the name or the resolver of this machine, or give an address; where the name comes later, clients may try again: --num-retry-connect 10';

interface Circumstances {
  readonly workers: number;
  readonly agents: AgentService | undefined;
  readonly metricsAddress: MetricsAddress | undefined;
  readonly stop: AbortSignal;
}

/** Plays the load, with its progress on the terminal and its metrics for Prometheus. */
async function playSeen(
  env: Environment,
  plan: LoadPlan,
  flags: LoadFlags,
  { workers, agents, metricsAddress, stop }: Circumstances,
): Promise<Played> {
  const line = new ProgressLine(env.stderr, 'load');
  const place = { cellId: plan.target.transport, cellNumber: 1, cellCount: 1, clients: plan.clients };
  let phase: Phase = 'connect';
  let exporter: MetricsServer | undefined;
  const times = {
    durationMicros: flags.duration ?? (flags.stages && stagesMicros(flags.stages)),
    warmupMicros: flags.warmup,
    lingerMicros: flags.linger,
  };
  try {
    return await playLoad(plan, times, stop, {
      workers,
      agents,
      onPhase: (next) => {
        phase = next;
      },
      onLoad: (load) => {
        if (!flags.quiet) line.update({ ...place, phase, load });
      },
      onNote: (text) => line.note(text),
      onStarted: async (load) => {
        if (metricsAddress === undefined) return;
        const { loadRegistry } = await import('../../load/prometheus.js'); // 90 modules
        const registry = loadRegistry(plan, () => load.state);
        exporter = await MetricsServer.open(metricsAddress, registry);
        env.stderr.write(`metrics    ${exporter.url}\n`);
      },
    });
  } finally {
    line.clear();
    await exporter?.close();
  }
}

const defaultExporter = '127.0.0.1:9465';
type MetricsAddress = ReturnType<typeof parseMetricsAddress>;

/** @throws for what is no address, before anything runs */
function metricsAddressOf({ prometheus }: LoadFlags): MetricsAddress | undefined {
  if (prometheus === undefined) return undefined;
  return parseMetricsAddress(prometheus === true ? defaultExporter : prometheus);
}

/** @throws Exit where the load is no success */
function judge({ status, cells, expectations }: Result, stop: AbortSignal): void {
  const byOthers = stop.aborted && stop.reason !== 'SIGINT';
  if (status === 'interrupted' || byOthers) throw new Exit(exitCodes.interrupted);
  if (cells.some((cell) => breachesOf(cell).length > 0)) throw new Exit(exitCodes.run);
  if (expectations.some(({ outcome }) => outcome !== 'held')) throw new Exit(exitCodes.expectation);
}
