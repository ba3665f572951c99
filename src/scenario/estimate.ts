import type { ResolvedNetwork, ResolvedScenario } from './types.js';

/** Lab, broker and workers of a cell take about this long to start and to stop (measured on 2 cores). */
const overheadMicros = 2.5e6;
/** A drain ends when nothing is under way any more; most do at once. */
const usualDrainMicros = 1e6;

/** How long a cell takes when nothing goes wrong: start, connects, traffic, drain. */
export function estimateCellMicros(scenario: ResolvedScenario, network?: ResolvedNetwork): number {
  const { clients, connectRate, clientStages } = scenario.load;
  const connecting = (clientStages === undefined ? (clients / connectRate) * 1e6 : 0) + 4 * (network?.rttMicros ?? 0);
  return overheadMicros + connecting + scenario.trafficMicros + Math.min(scenario.drainMicros, usualDrainMicros);
}
