import { messageOf } from '../../base/errors.js';
import { didYouMean } from '../../base/text/nearest.js';
import { formatDuration, parseDuration } from '../../base/units.js';
import { type EventKind, fieldsOf } from '../../lab/events/kind.js';
import { fieldMistakes } from '../../lab/events/play.js';
import { eventKind, fleetKindOf } from '../events/kinds.js';
import { mostEvents } from '../language/bounds.js';
import type { EventInput, WindowInput } from '../language/events.js';
import type { Mistakes } from '../language/mistakes.js';
import type { ProfileInput } from '../language/network.js';
import type { MeasureWindow, TimelineEvent } from '../types.js';
import { resolveNamedProfile } from './networks.js';

/** The events in order of time; one with `every` becomes as many as fit before the traffic ends. */
export function resolveTimeline(
  inputs: readonly EventInput[],
  trafficMicros: number,
  hasLab: boolean,
  mistakes: Mistakes,
): TimelineEvent[] {
  const events: { readonly index: number; readonly event: TimelineEvent }[] = [];
  for (const [index, input] of inputs.entries()) {
    const wrong = (field: string, message: string): void => mistakes.add(['timeline', index, field], message);
    const [at, end] = [input.at, trafficMicros].map((micros) => formatDuration(micros));
    if (input.at >= trafficMicros)
      wrong('at', `${input.do} at ${at} never happens: the traffic ends after ${end} (load.duration)`);
    if (!hasLab && !fleetKindOf(input.do))
      wrong('do', `${input.do} happens to the network, and with "network: none" there is no lab`);
    if (input.every !== undefined && input.every <= 0) wrong('every', 'must be longer than nothing');
    const times = timesOf(input, trafficMicros);
    if (events.length + times.length > mostEvents) {
      mistakes.add(['timeline', index], `makes more than ${mostEvents} events, which no run has the time for`);
      break;
    }
    const event = eventOf(input, index, trafficMicros, mistakes);
    for (const atMicros of times) events.push({ index, event: { ...event, atMicros } });
  }
  events.sort((a, b) => a.event.atMicros - b.event.atMicros);
  const uses = new Map<string, number>();
  return events.map(({ index, event }) => {
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

/** The event that a kind makes of what is written, checked by its fields and by what is left of the traffic after it. */
function eventOf(input: EventInput, index: number, trafficMicros: number, mistakes: Mistakes): TimelineEvent {
  const kind = eventKind(input.do) as EventKind;
  const { do: name, at: atMicros, arms, fleets } = input;
  const event: Record<string, unknown> = { name: input.name ?? name, atMicros, arms, fleets, kind: name };
  for (const field of fieldsOf(kind)) {
    const value = (input as Readonly<Record<string, unknown>>)[field.name];
    if (value === undefined) continue;
    const path = ['timeline', index, field.name];
    event[field.property] =
      field.unit === 'profile' ? resolveNamedProfile(value as string | ProfileInput, path, mistakes) : value;
  }
  const wrong = kind.check?.(event as never, trafficMicros - input.at);
  for (const [field, message] of [...fieldMistakes(kind, event), ...(wrong ? [wrong] : [])]) {
    if (!mistakes.has(['timeline', index, field])) mistakes.add(['timeline', index, field], message);
  }
  return event as unknown as TimelineEvent;
}

/** The windows asked for; without any, `before` and `after` the first event. */
export function resolveWindows(
  inputs: readonly WindowInput[] | undefined,
  timeline: readonly TimelineEvent[],
  trafficMicros: number,
  mistakes: Mistakes,
): MeasureWindow[] {
  if (inputs === undefined) {
    const after = timeline.slice(0, 1).map(({ atMicros }) => ({ name: 'after', fromMicros: atMicros }));
    return after.length > 0 ? [{ name: 'before', fromMicros: 0 }, ...after] : [];
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
  const meant = didYouMean(base, names);
  return meant ? `no event is called "${base}"; ${meant}` : `"${from}" is neither a time nor an event`;
}
