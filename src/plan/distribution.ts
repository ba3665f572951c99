import { usageError } from '../base/errors.js';
import { type Distribution, meanOf, rangeOf, shareWithin } from '../base/numbers/distribution.js';
import { formatDuration, formatSize } from '../base/units.js';
import { stampBytes } from '../mqtt/stamp/stamp.js';
import type { Asked, Rule } from './asked.js';
import { largestPayload } from './limits.js';
import type { OpenLoop, Payload } from './plan.js';

/** As they are written on a command line and in a file. */
export const distributionKinds = ['fixed', 'uniform', 'exponential', 'normal', 'lognormal'] as const;

const grammar =
  'write uniform:100,1000, exponential:256, normal:256,64, lognormal:512,300 (each of the three with ,min=20,max=4096 if wanted), fixed:256, or values with their per cent, 64:80,1024:20';

/**
 * As it is written on a command line: `uniform:100,1000`, `exponential:256,max=4096`, `64:80,1024:20`.
 * @param parse reads one value with its unit
 * @throws MQB_USAGE
 */
export function parseDistribution(text: string, parse: (text: string) => number): Distribution {
  const bad = () => usageError('MQB_USAGE', `"${text}" is no distribution`, grammar);
  const [head = '', rest] = text.split(/:(.*)/s, 2);
  const kind = distributionKinds.find((one) => one === head.trim());
  if (rest === undefined || (kind === undefined && !/^\s*\d/.test(head))) throw bad();
  const parts = (kind === undefined ? text : rest).split(',').map((part) => part.trim());
  if (kind === undefined) {
    const values = parts.map((part) => {
      const [value = '', percent = ''] = part.split(':');
      if (!/^\d+(\.\d+)?%?$/.test(percent)) throw bad();
      return { value: parse(value), percent: Number(percent.replace('%', '')) };
    });
    return { kind: 'weighted', values };
  }
  const named = parts.filter((part) => part.includes('=')).map((part) => part.split('=') as [string, string]);
  const numbers = parts.filter((part) => !part.includes('=')).map(parse);
  const wanted = kind === 'fixed' || kind === 'exponential' ? 1 : 2;
  const mayBind = kind !== 'fixed' && kind !== 'uniform';
  if (numbers.length !== wanted || named.some(([name]) => !mayBind || !/^(min|max)$/.test(name))) throw bad();
  const [one = 0, other = 0] = numbers;
  const bounds = Object.fromEntries(named.map(([name, value]) => [name, parse(value)]));
  if (kind === 'fixed') return { kind, value: one };
  if (kind === 'uniform') return { kind, from: one, to: other };
  return kind === 'exponential' ? { kind, mean: one, ...bounds } : { kind, mean: one, deviation: other, ...bounds };
}

/** A distribution that has less than this of itself between its bounds is not the one that was meant. */
const leastWithin = 1e-3;

function distributionProblem(distribution: Distribution): string | undefined {
  switch (distribution.kind) {
    case 'fixed':
      return undefined;
    case 'uniform':
      return distribution.from > distribution.to ? 'uniform ends before it begins' : undefined;
    case 'weighted': {
      const sum = distribution.values.reduce((all, { percent }) => all + percent, 0);
      if (distribution.values.some(({ percent }) => percent <= 0)) return 'has a value with 0 per cent: leave it out';
      return Math.abs(sum - 100) > 1e-6 ? `adds up to ${Number(sum.toFixed(3))} per cent: it must be 100` : undefined;
    }
    default: {
      const { kind, mean, min = 0, max = Number.POSITIVE_INFINITY } = distribution;
      if (mean === 0) return `${kind} needs a mean above 0`;
      if (distribution.kind !== 'exponential' && distribution.deviation === 0)
        return `${kind} needs a deviation above 0`;
      if (min >= max) return 'has a min that is not below its max';
      if (!(shareWithin(distribution) >= leastWithin)) return `${kind} has next to nothing between its bounds`;
    }
  }
  return undefined;
}

/** What cannot be in sizes and intervals that are drawn. */
export const drawnRule: Rule = (asked, { name, anySize }, wrong) => {
  const { sizes, payload, measured, intervals, arrivals, interval, rate, stages, closedLoop } = asked;
  const ofSizes = sizes && distributionProblem(sizes);
  if (ofSizes) wrong('sizes', ofSizes);
  else if (sizes) {
    if (payload !== undefined) wrong('sizes', `and ${name('payload')} both say how large messages are: give one`);
    const { least, most } = rangeOf(sizes);
    if (most > largestPayload)
      wrong(
        'sizes',
        `can come to ${formatSize(most)}, and a packet of MQTT has at most 268,435,455 B (1.5.5): give a max`,
      );
    if (measured && Math.round(least) < stampBytes) {
      const orElse = anySize === undefined ? '' : `, or ${anySize}`;
      wrong(
        'sizes',
        `can come to ${Math.round(least)} B, without room for the ${stampBytes} bytes by which messages are measured on arrival: at least ${stampBytes}${orElse}`,
      );
    }
  }
  const ofIntervals = intervals && distributionProblem(intervals);
  if (ofIntervals) wrong('intervals', ofIntervals);
  else if (intervals && meanOf(intervals) < 1) wrong('intervals', 'must be longer than nothing');
  if (intervals) {
    for (const other of ['rate', 'interval', 'stages', 'arrivals'] as const)
      if ({ rate, interval, stages, arrivals }[other] !== undefined)
        wrong('intervals', `say how often each client publishes: leave ${name(other)} out`);
  }
  if (arrivals === 'poisson' && closedLoop)
    wrong('arrivals', `poisson are random times at a rate: give ${name('rate')} or ${name('interval')}`);
};

/** A payload whose size is drawn. */
export const drawnPayload = (sizes: Distribution): Extract<Payload, { kind: 'filler' }> => ({
  kind: 'filler',
  bytes: Math.round(rangeOf(sizes).most),
  sizes,
});

/** Gaps between the messages of a client that are not always the same. */
export function gapsOf({ intervals, arrivals }: Pick<Asked, 'intervals' | 'arrivals'>): Pick<OpenLoop, 'gaps'> {
  const gaps: Distribution | undefined =
    intervals ?? (arrivals === 'poisson' ? { kind: 'exponential', mean: 1e6 } : undefined);
  return gaps === undefined || gaps.kind === 'fixed' ? {} : { gaps };
}

/** "exponential, 256 B on average" */
export function distributionText(distribution: Distribution, unit: 'size' | 'time'): string {
  const show = unit === 'size' ? (value: number) => formatSize(Math.round(value)) : formatDuration;
  if (distribution.kind === 'fixed') return show(distribution.value);
  if (distribution.kind === 'weighted')
    return distribution.values.map(({ value, percent }) => `${show(value)} (${percent} %)`).join(', ');
  if (distribution.kind === 'uniform') return `${show(distribution.from)} to ${show(distribution.to)}`;
  return `${show(meanOf(distribution))} on average (${distribution.kind})`;
}
