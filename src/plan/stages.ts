import { formatDuration, formatRate, parseDuration, parsePerSecond } from '../base/units.js';
import type { OpenLoop } from './plan.js';

/** A part of a rate that changes: evenly to another rate over a time, at once where that is 0. The first begins at 0. */
export interface RateStage {
  readonly toPerSecond: number;
  readonly overMicros: number;
}

/**
 * Stages as they are written on a command line, a time and the rate at its end each: `10s:1000,30s:1000,0s:200`.
 * @throws MQB_BAD_UNIT, naming the stage that cannot be read
 */
export function parseStages(text: string): RateStage[] {
  return text.split(',').map((stage) => {
    const [over = '', to = ''] = stage.split(':', 2);
    return { overMicros: parseDuration(over), toPerSecond: /^\s*0+(\/s)?\s*$/.test(to) ? 0 : parsePerSecond(to) };
  });
}

/** What stages cannot be, in words that follow what they are called. */
export function stagesProblem(stages: readonly RateStage[]): string | undefined {
  if (stages.every(({ toPerSecond }) => toPerSecond === 0)) return 'never reach a rate: nothing would be published';
  if (stagesMicros(stages) === 0) return 'take no time: give a rate instead';
  return undefined;
}

export const stagesMicros = (stages: readonly RateStage[]): number =>
  stages.reduce((sum, { overMicros }) => sum + overMicros, 0);

export const highestRate = (stages: readonly RateStage[]): number =>
  Math.max(...stages.map(({ toPerSecond }) => toPerSecond));

/** `in stages: up to 1,000/s over 10.0 s, 1,000/s for 30.0 s, at once 200/s, down to 0/s over 10.0 s`. */
export function stagesText(stages: readonly RateStage[]): string {
  const texts = stages.map(({ toPerSecond, overMicros }, i) => {
    const from = stages[i - 1]?.toPerSecond ?? 0;
    const rate = formatRate(toPerSecond);
    if (overMicros === 0) return `at once ${rate}`;
    if (from === toPerSecond) return `${rate} for ${formatDuration(overMicros)}`;
    return `${from < toPerSecond ? 'up' : 'down'} to ${rate} over ${formatDuration(overMicros)}`;
  });
  return `in stages: ${texts.join(', ')}`;
}

/** A rate in words: `at 1,000/s in all`, or its stages. */
export function rateText({ perSecond, shape, gaps }: OpenLoop): string {
  const drawn =
    gaps === undefined ? '' : gaps.kind === 'exponential' ? ', at random times' : `, ${gaps.kind} intervals`;
  return `${shape?.kind === 'stages' ? stagesText(shape.stages) : `at ${formatRate(perSecond)} in all`}${drawn}`;
}
