import { formatCount, formatCounted, formatDuration } from '../../base/units.js';
import type { Cell, CellAgent } from '../../result/types.js';

/** A line for each machine that a load ran on, and one for how exactly they know each other's time; none where that is one. */
export function agentLines({ agents = [], clockBoundMicros, durationMicros }: Cell): string[] {
  const lines = agents.map((agent) => agentLine(agent, durationMicros));
  return clockBoundMicros === undefined
    ? lines
    : [...lines, `latencies from end to end between two of them are ± ${formatDuration(clockBoundMicros)}`];
}

/** The same of all cells, each with its name. */
export const agentsOfCells = (cells: readonly Cell[]): string[] =>
  cells.flatMap((cell) => agentLines(cell).map((line) => `${cell.id}: ${line}`));

function agentLine(agent: CellAgent, durationMicros: number): string {
  const { name, host, clients, connected, workers, cpuMicros, lateP99Micros, firstLateMicros, clock, lost } = agent;
  const where = host === name ? name : `${name} on ${host}`;
  if (lost !== undefined) return `${where}: LOST with ${formatCounted(clients, 'client')}: ${lost}`;
  const parts = [
    `${connected === undefined ? '-' : formatCount(connected)} of ${formatCounted(clients, 'client')}`,
    formatCounted(workers, 'worker'),
    ...(cpuMicros === undefined ? [] : [`${(cpuMicros / Math.max(1, durationMicros)).toFixed(2)} cores`]),
    ...(firstLateMicros === undefined ? [] : [`first publish ${formatDuration(firstLateMicros)} late`]),
    ...(lateP99Micros === undefined ? [] : [`P99 of all ${formatDuration(lateP99Micros)} late`]),
    ...(clock === undefined ? [] : [`clock ± ${formatDuration(clock.boundMicros)}`]),
  ];
  return `${where}: ${parts.join(', ')}`;
}
