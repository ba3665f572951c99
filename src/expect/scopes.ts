import { matches } from '../base/text/match.js';
import { didYouMean } from '../base/text/nearest.js';
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

/** The mistake of a name that nothing of its kind has. */
export function unknownName(kind: string, name: string, names: readonly string[], column: number): ExpectationMistake {
  const there = [...new Set(names)];
  const hint = didYouMean(name, there) ?? listed(there);
  return new ExpectationMistake(`no ${kind} is called "${name}"; ${hint}`, column, name);
}

/** @throws ExpectationMistake unless the metric is one that the window or event of this name has */
export function checkScope(name: string, where: Where, column: number, known: KnownNames): void {
  const outcomes = known.events.filter(({ disturbs }) => disturbs).map((event) => event.name);
  if (!isScope(name, known)) {
    throw unknownName('event and no measure window', name, [...outcomes, ...known.windows], column);
  }
  if (where.kind === 'part') return;
  const { metric } = where;
  const event = known.events.find((one) => one.name === name);
  const isWindow = known.windows.includes(name);
  const isOfEvents = isEventMetric(metric);
  if (isOfEvents ? event?.disturbs || (isWindow && metric.startsWith('reconnect.')) : isWindow) return;
  const why = !isOfEvents
    ? `is an event, and ${metric} belongs to measure windows; ${listed(known.windows)}`
    : event
      ? `disturbs no client, so nothing becomes of any; events that do: ${outcomes.join(', ') || 'none'}`
      : `is a measure window, and ${metric} belongs to events; ${listed(outcomes)}`;
  throw new ExpectationMistake(`"${name}" ${why}`, column);
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
