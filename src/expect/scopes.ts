import { matches } from '../base/text/match.js';
import { nearest } from '../base/text/nearest.js';
import { isEventMetric } from '../metrics/registry.js';
import { type CellPattern, ExpectationMistake, type KnownNames, type Where } from './expectation.js';

/** How the window or event is called in a result: the second rebind, `rebind#2` as in `tls@30ms#2`, is `rebind-2`. */
export function scopeName(text: string): string {
  const [, name = text, nth] = /^(.+)#(\d+)$/.exec(text) ?? [];
  return nth === undefined || nth === '1' ? name : `${name}-${nth}`;
}

/** Whether the scenario has a measure window or an event of this name. */
export const isScope = (name: string, { windows, events }: KnownNames): boolean =>
  windows.includes(name) || events.some((event) => event.name === name);

/** @throws ExpectationMistake unless the metric is one that the window or event of this name has */
export function checkScope(name: string, where: Where, column: number, known: KnownNames): void {
  const fail = (message: string, absent?: string): void => {
    throw new ExpectationMistake(message, column, absent);
  };
  const outcomes = known.events.filter(({ disturbs }) => disturbs).map((event) => event.name);
  if (!isScope(name, known)) {
    const there = [...new Set([...outcomes, ...known.windows])];
    const near = nearest(name, there);
    fail(
      `no event and no measure window is called "${name}"; ${near ? `did you mean "${near}"?` : listed(there)}`,
      name,
    );
    return;
  }
  if (where.kind === 'part') return;
  const event = known.events.find((one) => one.name === name);
  const isWindow = known.windows.includes(name);
  if (!isEventMetric(where.metric)) {
    if (!isWindow)
      fail(`"${name}" is an event, and ${where.metric} belongs to measure windows; ${listed(known.windows)}`);
    return;
  }
  if (event?.disturbs || (isWindow && where.metric.startsWith('reconnect.'))) return;
  if (event)
    fail(`"${name}" disturbs no client, so nothing becomes of any; events that do: ${outcomes.join(', ') || 'none'}`);
  fail(`"${name}" is a measure window, and ${where.metric} belongs to events; ${listed(outcomes)}`);
}

const listed = (names: readonly string[]): string =>
  names.length > 0 ? `there are: ${names.join(', ')}` : 'there is none';

/** What became of the clients is asked of a cell as a whole: that has one answer only where there is one event. */
export function checkUnscoped(cells: CellPattern, where: Where, text: string, column: number, known: KnownNames): void {
  if (where.kind !== 'value' || !isEventMetric(where.metric)) return;
  const arms = known.arms.filter((arm) => matches(cells.arm ?? '*', arm));
  const several = arms
    .map((arm) => known.events.filter((event) => event.disturbs && (event.arms?.includes(arm) ?? true)))
    .find((events) => events.length > 1);
  if (!several) return;
  const head = text.slice(0, text.length - where.metric.length);
  const names = several.slice(0, 8).map(({ name }) => `${head}${name}.${where.metric}`);
  const more = several.length > names.length ? ', …' : '';
  throw new ExpectationMistake(
    `"${text}" could be about ${several.length} events; say which: ${names.join(', ')}${more}`,
    column,
  );
}

/** @throws ExpectationMistake where `event.NAME.…` names none */
export function checkEvent(name: string, column: number, { events }: KnownNames): void {
  const names = events.map((event) => event.name);
  if (names.includes(name)) return;
  const near = nearest(name, names);
  throw new ExpectationMistake(
    `no event is called "${name}"; ${near ? `did you mean "${near}"?` : listed(names)}`,
    column,
    name,
  );
}
