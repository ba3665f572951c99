/**
 * What a shared subscription, `$share/<group>/<filter>`, filters by (MQTT 5, section 4.8.2).
 * @returns undefined when it is the filter of an ordinary subscription
 */
export function sharedFilterOf(filter: string): string | undefined {
  if (!filter.startsWith('$share/')) return undefined;
  const end = filter.indexOf('/', '$share/'.length);
  if (end <= '$share/'.length || end === filter.length - 1) return undefined;
  return filter.slice(end + 1);
}

/** A level of the filters with wildcards. */
interface Level<T> {
  readonly below: Map<string, Level<T>>;
  /** The level below that stands for any one name (`+`). */
  any: Level<T> | undefined;
  /** Values of filters that end here, and of those that end with `#` here. */
  readonly here: T[];
  readonly rest: T[];
}

const none: readonly never[] = [];
const newLevel = <T>(): Level<T> => ({ below: new Map(), any: undefined, here: [], rest: [] });

/**
 * Which subscriptions a topic matches (MQTT 3.1.1 section 4.7). Most filters of a fleet have no wildcard and most
 * topics one subscriber: those are one look into a map, which allocates nothing.
 */
export class TopicIndex<T> {
  private readonly exact = new Map<string, T[]>();
  private readonly root = newLevel<T>();
  private wildcards = 0;

  /** @param filter a valid filter: `#` stands last and alone in its level, `+` alone in its own */
  add(filter: string, value: T): void {
    if (hasWildcard(filter)) {
      this.wildcards++;
      const { level, rest } = this.descend(filter);
      (rest ? level.rest : level.here).push(value);
      return;
    }
    const values = this.exact.get(filter);
    if (values) values.push(value);
    else this.exact.set(filter, [value]);
  }

  /** Takes one value away again; nothing happens when it is not there. */
  remove(filter: string, value: T): void {
    this.removeWhere(filter, (one) => one === value);
  }

  /** The same for the first value of a filter that is meant. */
  removeWhere(filter: string, isMeant: (value: T) => boolean): void {
    if (hasWildcard(filter)) {
      const { level, rest, path } = this.descend(filter);
      if (takeOut(rest ? level.rest : level.here, isMeant)) this.wildcards--;
      this.prune(path);
      return;
    }
    const values = this.exact.get(filter);
    if (values && takeOut(values, isMeant) && values.length === 0) this.exact.delete(filter);
  }

  /** The values whose filters match; the list is good until the next change. */
  match(topic: string): readonly T[] {
    const exact = this.exact.get(topic) ?? none;
    if (this.wildcards === 0) return exact;
    const found: T[] = [];
    const { root } = this;
    // A wildcard at the beginning does not match topics of the broker's own [MQTT-4.7.2-1].
    if (topic.startsWith('$')) below(root, topic, 0, found);
    else collect(root, topic, 0, found);
    if (found.length === 0) return exact;
    return exact.length === 0 ? found : [...exact, ...found];
  }

  /** The level where a filter ends, made if need be, and the way there. */
  private descend(filter: string): { level: Level<T>; rest: boolean; path: readonly [Level<T>, string][] } {
    let level = this.root;
    const path: [Level<T>, string][] = [];
    for (const name of filter.split('/')) {
      if (name === '#') return { level, rest: true, path };
      path.push([level, name]);
      let next = name === '+' ? level.any : level.below.get(name);
      if (!next) {
        next = newLevel();
        if (name === '+') level.any = next;
        else level.below.set(name, next);
      }
      level = next;
    }
    return { level, rest: false, path };
  }

  /** Removes the levels of a path that hold nothing any more. */
  private prune(path: readonly [Level<T>, string][]): void {
    for (const [above, name] of path.toReversed()) {
      const level = name === '+' ? above.any : above.below.get(name);
      if (!level || level.below.size > 0 || level.any || level.here.length > 0 || level.rest.length > 0) return;
      if (name === '+') above.any = undefined;
      else above.below.delete(name);
    }
  }
}

/** Whether one filter matches a topic; for many filters or topics build a {@link TopicIndex}. */
export function matchesFilter(filter: string, topic: string): boolean {
  const index = new TopicIndex<true>();
  index.add(filter, true);
  return index.match(topic).length > 0;
}

/** Whether a filter stands for more topics than one. */
export function hasWildcard(filter: string): boolean {
  return filter.includes('+') || filter.includes('#');
}

/** @returns whether it was there */
function takeOut<T>(values: T[], isMeant: (value: T) => boolean): boolean {
  const at = values.findIndex(isMeant);
  if (at >= 0) values.splice(at, 1);
  return at >= 0;
}

/** @param from where the next level begins in the topic; beyond its end when there is none */
function collect<T>(level: Level<T>, topic: string, from: number, into: T[]): void {
  for (const value of level.rest) into.push(value); // `#` stands for the parent level too [MQTT-4.7.1-2]
  if (from > topic.length) {
    for (const value of level.here) into.push(value);
    return;
  }
  if (level.any) collect(level.any, topic, afterLevel(topic, from), into);
  below(level, topic, from, into);
}

/** By the name of the next level. */
function below<T>(level: Level<T>, topic: string, from: number, into: T[]): void {
  if (level.below.size === 0) return;
  const after = afterLevel(topic, from);
  const named = level.below.get(topic.slice(from, after - 1));
  if (named) collect(named, topic, after, into);
}

function afterLevel(topic: string, from: number): number {
  const slash = topic.indexOf('/', from);
  return (slash < 0 ? topic.length : slash) + 1;
}
