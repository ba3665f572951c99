import { formatCount, formatDuration, formatRate, parseDuration, parsePerSecond } from '../base/units.js';
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

export const stagesMicros = (stages: readonly Pick<RateStage, 'overMicros'>[]): number =>
  stages.reduce((sum, { overMicros }) => sum + overMicros, 0);

export const highestRate = (stages: readonly RateStage[]): number =>
  Math.max(...stages.map(({ toPerSecond }) => toPerSecond));

/** A part of a fleet's size that changes: evenly to another number over a time, at once where that is 0. The first begins at 0. */
export interface ClientStage {
  readonly toClients: number;
  readonly overMicros: number;
}

/** What stages of the number of clients cannot be, in words that follow what they are called. @param clients that there are */
export function clientStagesProblem(stages: readonly ClientStage[], clients: number): string | undefined {
  const most = Math.max(...stages.map(({ toClients }) => toClients));
  if (most === 0) return 'never reach a client: nobody would connect';
  if (most > clients) return `reach ${formatCount(most)} clients, and clients has ${formatCount(clients)}`;
  if (most < clients) return `reach ${formatCount(most)} of ${formatCount(clients)} clients: say clients: ${most}`;
  return undefined;
}

/** `in stages: up to 1,000/s over 10.0 s, 1,000/s for 30.0 s, at once 200/s, down to 0/s over 10.0 s`. */
export const stagesText = (stages: readonly RateStage[]): string =>
  inStages(
    stages.map(({ toPerSecond, overMicros }) => ({ to: toPerSecond, overMicros, text: formatRate(toPerSecond) })),
  );

/** The same of the number of clients: `in stages: up to 500 over 10.0 s, 500 for 20.0 s, at once 0`. */
export const clientStagesText = (stages: readonly ClientStage[]): string =>
  inStages(stages.map(({ toClients, overMicros }) => ({ to: toClients, overMicros, text: formatCount(toClients) })));

function inStages(
  stages: readonly { readonly to: number; readonly overMicros: number; readonly text: string }[],
): string {
  const texts = stages.map(({ to, overMicros, text }, i) => {
    const from = stages[i - 1]?.to ?? 0;
    if (overMicros === 0) return `at once ${text}`;
    if (from === to) return `${text} for ${formatDuration(overMicros)}`;
    return `${from < to ? 'up' : 'down'} to ${text} over ${formatDuration(overMicros)}`;
  });
  return `in stages: ${texts.join(', ')}`;
}

/** A rate in words: `at 1,000/s in all`, or its stages. */
export function rateText({ perSecond, shape, gaps }: OpenLoop): string {
  const drawn =
    gaps === undefined ? '' : gaps.kind === 'exponential' ? ', at random times' : `, ${gaps.kind} intervals`;
  return `${shape?.kind === 'stages' ? stagesText(shape.stages) : `at ${formatRate(perSecond)} in all`}${drawn}`;
}
