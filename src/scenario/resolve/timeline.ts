import { messageOf } from '../../base/errors.js';
import { nearest } from '../../base/text/nearest.js';
import { formatDuration, parseDuration } from '../../base/units.js';
import { mostEvents } from '../language/bounds.js';
import type { EventInput, WindowInput } from '../language/events.js';
import type { Mistakes } from '../language/mistakes.js';
import type { MeasureWindow, TimelineEvent } from '../types.js';
import { resolveNamedProfile } from './networks.js';

/** The events in order of time; one with `every` becomes as many as fit before the traffic ends. */
export function resolveTimeline(
  inputs: readonly EventInput[],
  trafficMicros: number,
  hasLab: boolean,
  mistakes: Mistakes,
): TimelineEvent[] {
  const events: (TimelineEvent & { readonly index: number })[] = [];
  for (const [index, input] of inputs.entries()) {
    checkEvent(input, index, trafficMicros, hasLab, mistakes);
    const times = timesOf(input, trafficMicros);
    if (events.length + times.length > mostEvents) {
      mistakes.add(['timeline', index], `makes more than ${mostEvents} events, which no run has the time for`);
      break;
    }
    for (const atMicros of times) events.push({ ...eventOf(input, index, atMicros, mistakes), index });
  }
  events.sort((a, b) => a.atMicros - b.atMicros);
  const uses = new Map<string, number>();
  return events.map(({ index, ...event }) => {
    const nth = (uses.get(event.name) ?? 0) + 1;
    uses.set(event.name, nth);
    const named = inputs[index]?.name !== undefined && inputs[index]?.every === undefined;
    if (named && nth > 1) mistakes.add(['timeline', index, 'name'], `two events are called "${event.name}"`);
    return nth === 1 ? event : { ...event, name: `${event.name}-${nth}` };
  });
}

function timesOf(input: EventInput, trafficMicros: number): number[] {
  if (!input.every) return [input.at];
  const times: number[] = [];
  for (let at = input.at; at < trafficMicros && times.length <= mostEvents; at += input.every) times.push(at);
  return times.length > 0 ? times : [input.at];
}

/** Everything else happens to the network, and needs one. */
const ofTheFleet = new Set<EventInput['do']>(['disconnect', 'cut']);

function checkEvent(
  input: EventInput,
  index: number,
  trafficMicros: number,
  hasLab: boolean,
  mistakes: Mistakes,
): void {
  if (input.at >= trafficMicros) {
    mistakes.add(
      ['timeline', index, 'at'],
      `${input.do} at ${formatDuration(input.at)} never happens: the traffic ends after ${formatDuration(trafficMicros)} (load.duration)`,
    );
  }
  if (!hasLab && !ofTheFleet.has(input.do)) {
    mistakes.add(
      ['timeline', index, 'do'],
      `${input.do} happens to the network, and with "network: none" there is no lab`,
    );
  }
  if (input.every !== undefined && input.every <= 0) {
    mistakes.add(['timeline', index, 'every'], 'must be longer than nothing');
  }
  if (input.do === 'blackout' && input.at + input.for > trafficMicros) {
    mistakes.add(['timeline', index, 'for'], 'the blackout outlasts the traffic, so nothing would be seen of its end');
  }
}

function eventOf(input: EventInput, index: number, atMicros: number, mistakes: Mistakes): TimelineEvent {
  const base = { name: input.name ?? input.do, atMicros, ...(input.arms ? { arms: input.arms } : {}) };
  switch (input.do) {
    case 'profile':
      return { ...base, kind: 'profile', profile: resolveNamedProfile(input.to, ['timeline', index, 'to'], mistakes) };
    case 'rebind':
      return { ...base, kind: 'rebind', ...(input.what ? { what: input.what } : {}), ...someOf(input) };
    case 'return':
    case 'address-change':
      return { ...base, kind: input.do, ...someOf(input) };
    case 'flap':
      return { ...base, kind: 'flap', times: input.times, downMicros: input.down, upMicros: input.up };
    case 'udp-block':
      return { ...base, kind: 'udp-block', ...(input.for === undefined ? {} : { forMicros: input.for }) };
    case 'nat':
      return { ...base, kind: 'nat', unknownFlows: input.unknownFlows };
    case 'blackout':
      return { ...base, kind: 'blackout', forMicros: input.for };
    case 'disconnect':
    case 'cut':
      return { ...base, kind: input.do, ...(input.rate === undefined ? {} : { perSecond: input.rate }) };
    default:
      return { ...base, kind: input.do };
  }
}

function someOf({ share, over }: { share?: number; over?: number }): { share?: number; overMicros?: number } {
  return { ...(share === undefined ? {} : { share }), ...(over === undefined ? {} : { overMicros: over }) };
}

/** The windows asked for; without any, `before` and `after` the first event. */
export function resolveWindows(
  inputs: readonly WindowInput[] | undefined,
  timeline: readonly TimelineEvent[],
  trafficMicros: number,
  mistakes: Mistakes,
): MeasureWindow[] {
  if (inputs === undefined) {
    const first = timeline[0];
    if (!first) return [];
    return [
      { name: 'before', fromMicros: 0 },
      { name: 'after', fromMicros: first.atMicros },
    ];
  }
  const windows: MeasureWindow[] = [];
  for (const [index, input] of inputs.entries()) {
    const path = ['measure', index, 'from'];
    const fromMicros = startOf(input.from, timeline);
    const before = windows.at(-1);
    if (typeof fromMicros === 'string') mistakes.add(path, fromMicros);
    else if (fromMicros >= trafficMicros) mistakes.add(path, 'starts after the traffic has ended');
    else if (before && fromMicros <= before.fromMicros) mistakes.add(path, `must start after "${before.name}" starts`);
    else windows.push({ name: input.name, fromMicros });
    if (inputs.findIndex((other) => other.name === input.name) < index) {
      mistakes.add(['measure', index, 'name'], `two windows are called "${input.name}"`);
    }
  }
  return windows;
}

/** `start`, `5s`, `rebind`, `heal + 2s` as microseconds, or what is wrong with it. */
function startOf(from: string, timeline: readonly TimelineEvent[]): number | string {
  const [, base = '', plus] = /^\s*([^\s]+)\s*(?:\+\s*(\S+))?\s*$/.exec(from) ?? [];
  try {
    const offset = plus === undefined ? 0 : parseDuration(plus);
    if (base === 'start') return offset;
    const event = timeline.find(({ name }) => name === base);
    if (event) return event.atMicros + offset;
    if (/^\d/.test(base)) return parseDuration(base) + offset;
  } catch (error) {
    return messageOf(error);
  }
  const names = ['start', ...timeline.map(({ name }) => name)];
  const near = nearest(base, names);
  return near ? `no event is called "${base}"; did you mean "${near}"?` : `"${from}" is neither a time nor an event`;
}
