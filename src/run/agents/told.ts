import type { AgentCrew, Station } from '../../agents/office/crew.js';
import type { LoadReport, WorkerShare } from '../../load/contract.js';
import { agentLostDoubt, clockBoundDoubt, slowConsumerDoubt } from '../../result/doubts/agents.js';
import type { Cell, CellAgent, Doubt } from '../../result/types.js';

/** What is slower than this is not a moment of the machine, but a queue. */
const slowMicros = 1e6;
/** A bound of more than this part of the P50 says more than the latency. */
const boundShare = 0.05;

/** Each agent with what it did. @param report absent: nothing was measured */
export function agentsOf(crew: AgentCrew, report: LoadReport | undefined): CellAgent[] {
  return crew.stations.map((station) => agentOf(station, crew, report));
}

function agentOf({ agent, workers, clients }: Station, crew: AgentCrew, report: LoadReport | undefined): CellAgent {
  const { name, host, build, node, cores } = agent.info;
  const own = report?.workers.filter(({ worker }) => workers.includes(worker)) ?? [];
  const sum = (of: (share: WorkerShare) => number): number => own.reduce((total, share) => total + of(share), 0);
  const known = (of: (share: WorkerShare) => number | undefined): number[] => own.flatMap((share) => of(share) ?? []);
  const { lost } = agent;
  return {
    ...{ name, host, build, node, cores, workers: workers.length, clients },
    ...(own.length === 0
      ? {}
      : {
          // Of a worker that is gone nobody knows.
          connected: own.length < workers.length ? undefined : sum(({ connected }) => connected),
          cpuMicros: sum(({ use }) => use.cpuUserMicros + use.cpuSystemMicros),
          peakRssBytes: sum(({ use }) => use.peakRssBytes),
          firstLateMicros: most(known(({ firstLateMicros }) => firstLateMicros)),
          lateP99Micros: most(known(({ lateP99Micros }) => lateP99Micros)),
        }),
    clock: agent.clock && { ...agent.clock },
    lost: (crew.lost.get(agent) ?? lost)?.message,
  };
}

const most = (list: readonly number[]): number | undefined => (list.length === 0 ? undefined : Math.max(...list));

/** By how much a latency between two agents may be wrong, µs: the two whose clocks are known worst. Undefined for one agent. */
export function clockBoundOf(agents: readonly CellAgent[]): number | undefined {
  const bounds = agents.flatMap(({ clock }) => (clock ? [clock.boundMicros] : [])).sort((a, b) => b - a);
  const [worst, next] = bounds;
  return worst === undefined || next === undefined ? undefined : worst + next;
}

/** What is to be said against the numbers, because they come from several machines. */
export function agentDoubts(crew: AgentCrew, report: LoadReport, clients: number): Doubt[] {
  const agents = agentsOf(crew, report);
  const bound = clockBoundOf(agents);
  const p50 = report.metrics.distributions['delivery.e2e']?.p50;
  const lost = agents.flatMap((agent) => agent.lost ?? []);
  const late = Math.max(0, ...crew.stations.map(({ agent }) => agent.lateMicros));
  return [
    ...(lost.length > 0 ? [agentLostDoubt(lost, crew.lostClients, clients)] : []),
    ...(bound !== undefined && p50 !== undefined && bound > boundShare * p50 ? [clockBoundDoubt(bound, p50)] : []),
    ...(late > slowMicros ? [slowConsumerDoubt(late)] : []),
  ];
}

/** A load that lost agents has no books to be judged by: what their clients published is not in them. */
export function withoutVerdicts(report: LoadReport): LoadReport {
  return { ...report, ledger: report.ledger.map((row) => ({ ...row, verdict: 'no-data' })) };
}

/** What a cell says of its agents. */
export function agentsInCell(
  crew: AgentCrew | undefined,
  report: LoadReport | undefined,
): Pick<Cell, 'agents' | 'clockBoundMicros'> {
  if (crew === undefined) return {};
  const agents = agentsOf(crew, report);
  const isNeeded = report?.metrics.distributions['delivery.e2e'] !== undefined;
  return { agents, ...(isNeeded ? { clockBoundMicros: clockBoundOf(agents) } : {}) };
}
