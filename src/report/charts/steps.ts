import type { EventRecord, Timeline } from '../../result/types.js';

/** How the values of several steps become the value of one wider step. */
export type Joining = 'sum' | 'mean' | 'least' | 'most' | 'last';

/** Values over time; value i holds from edge i to edge i + 1. */
export interface Stairs {
  /** Microseconds since the traffic began; one more than values. */
  readonly edges: readonly number[];
  /** NaN: nothing is known of the step. */
  readonly values: readonly number[];
}

/** More steps than this are not wider than a few pixels each. */
const mostSteps = 400;
const widenings = [1, 5, 25, 50, 150, 300, 1500];

/** The length of a drawn step, microseconds: the same for all of the timelines, so that they share their edges. */
export function drawnStep(timelines: readonly Timeline[]): number {
  const step = Math.max(...timelines.map(({ stepMicros }) => stepMicros));
  const lengths = timelines.map(({ series, stepMicros }) => {
    const count = Math.max(0, ...Object.values(series).map((values) => values.length));
    return (count * stepMicros) / step;
  });
  return (
    step * (widenings.find((factor) => Math.max(...lengths) / factor <= mostSteps) ?? (widenings.at(-1) as number))
  );
}

/**
 * A series in steps of a length, counted from the traffic's begin, with an edge at each event: in the step in which an
 * event falls, what was counted is drawn from the event on, because an effect does not come before its cause. Before it
 * goes on what was.
 * @param values one per step of the timeline
 */
export function stairsOf(
  { stepMicros, trafficFromMicros = 0 }: Pick<Timeline, 'stepMicros' | 'trafficFromMicros'>,
  values: readonly number[],
  drawnMicros: number,
  joining: Joining,
  events: readonly Pick<EventRecord, 'atMicros'>[],
): Stairs {
  const steps: { readonly from: number; readonly group: number[] }[] = [];
  let current = Number.NaN;
  values.forEach((value, index) => {
    const from = index * stepMicros - trafficFromMicros;
    // A little more than the edge itself: steps begin at it but for the rounding of floating point.
    const place = Math.floor((from + stepMicros / 2) / drawnMicros);
    if (place === current) steps.at(-1)?.group.push(value);
    else steps.push({ from, group: [value] });
    current = place;
  });
  const end = values.length * stepMicros - trafficFromMicros;
  const stairs = steps.flatMap(({ from, group }, i): [number, number][] => {
    const to = steps[i + 1]?.from ?? end;
    const inside = events.map(({ atMicros }) => atMicros).filter((at) => at > from && at < to);
    const value = joined(group, joining);
    if (inside.length === 0) return [[from, value]];
    const before = steps[i - 1];
    return [
      [from, before ? joined(before.group, joining) : Number.NaN],
      [Math.min(...inside), value],
    ];
  });
  return { edges: [...stairs.map(([from]) => from), end], values: stairs.map(([, value]) => value) };
}

const joinings: Readonly<Record<Joining, (known: readonly number[]) => number>> = {
  sum: (known) => known.reduce((total, value) => total + value, 0),
  mean: (known) => joinings.sum(known) / known.length,
  least: (known) => Math.min(...known),
  most: (known) => Math.max(...known),
  last: (known) => known.at(-1) as number,
};

function joined(group: readonly number[], joining: Joining): number {
  const known = group.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? Number.NaN : joinings[joining](known);
}
