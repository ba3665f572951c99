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
  const longest = Math.max(...timelines.map((one) => (lengthOf(one) * one.stepMicros) / step));
  return step * (widenings.find((factor) => longest / factor <= mostSteps) ?? (widenings.at(-1) as number));
}

const lengthOf = ({ series }: Timeline): number => Math.max(0, ...Object.values(series).map((values) => values.length));

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
  const edges: number[] = [];
  const groups: number[][] = [];
  let current = Number.NaN;
  values.forEach((value, index) => {
    const from = index * stepMicros - trafficFromMicros;
    // A little more than the edge itself: steps begin at it but for the rounding of floating point.
    const group = Math.floor((from + stepMicros / 2) / drawnMicros);
    if (group === current) (groups.at(-1) as number[]).push(value);
    else {
      edges.push(from);
      groups.push([value]);
    }
    current = group;
  });
  edges.push(values.length * stepMicros - trafficFromMicros);
  const stairs = { edges, values: groups.map((group) => joined(group, joining)) };
  return withEdgesAt(
    stairs,
    events.map(({ atMicros }) => atMicros),
  );
}

function joined(group: readonly number[], joining: Joining): number {
  const known = group.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return Number.NaN;
  if (joining === 'least') return Math.min(...known);
  if (joining === 'most') return Math.max(...known);
  if (joining === 'last') return known.at(-1) as number;
  const sum = known.reduce((total, value) => total + value, 0);
  return joining === 'mean' ? sum / known.length : sum;
}

function withEdgesAt(stairs: Stairs, times: readonly number[]): Stairs {
  const edges: number[] = [];
  const values: number[] = [];
  stairs.values.forEach((value, index) => {
    const [from, to] = [stairs.edges[index] as number, stairs.edges[index + 1] as number];
    edges.push(from);
    const first = Math.min(...times.filter((at) => at > from && at < to));
    if (first !== Number.POSITIVE_INFINITY) {
      values.push(stairs.values[index - 1] ?? Number.NaN);
      edges.push(first);
    }
    values.push(value);
  });
  return { edges: [...edges, stairs.edges.at(-1) as number], values };
}
