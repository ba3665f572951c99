import { parseDocument } from 'yaml';
import { isDeeper } from '../../base/depth.js';
import { messageOf } from '../../base/errors.js';
import { ownEntry } from '../../base/own.js';
import { shortened } from '../../base/text/shortened.js';
import { mostBytes, mostLevels } from '../language/bounds.js';
import { attempt } from '../language/source.js';

/** What the command line changes in a scenario; wins over the file and over its quick part. */
export interface ScenarioOverrides {
  /** Lay the scenario's `quick` part over it. */
  readonly quick?: boolean;
  /** Only cells whose id contains one of these texts (separated by commas). */
  readonly only?: string;
  /** Instead of the file's, by their names: presets, `included`, or brokers that the file describes. */
  readonly brokers?: readonly string[];
  readonly repeat?: number;
  readonly seed?: number;
  readonly workers?: number;
  /** Where the load runs, as the file says it in `agents`; fields that are given win over those of the file. */
  readonly agents?: Readonly<Record<string, unknown>> | undefined;
  /** `load.clients=1000`; a value is YAML, a path names fields and list places: `arms[0].name=a`. */
  readonly set?: readonly string[];
}

/**
 * The data with the overrides laid over it; the data itself is not changed.
 * @returns also what could not be applied, as sentences
 */
export function applyOverrides(data: unknown, overrides: ScenarioOverrides): { data: unknown; wrong: string[] } {
  const wrong: string[] = [];
  let changed = data;
  for (const text of overrides.set ?? []) {
    try {
      const { path, value } = parseSet(text);
      changed = withValue(changed, path, value);
    } catch (error) {
      wrong.push(`--set ${shortened(text, 80)}: ${messageOf(error)}`);
    }
  }
  if (overrides.brokers !== undefined) changed = withValue(changed, ['brokers'], named(overrides.brokers, data));
  for (const field of ['repeat', 'seed', 'workers'] as const) {
    if (overrides[field] !== undefined) changed = withValue(changed, [field], overrides[field]);
  }
  if (overrides.agents !== undefined) {
    const { agents } = isPlainObject(changed) ? changed : {};
    changed = withValue(changed, ['agents'], { ...(isPlainObject(agents) ? agents : {}), ...overrides.agents });
  }
  return { data: changed, wrong };
}

/** What the file says of brokers that are called so; of others their names say enough. */
function named(names: readonly string[], data: unknown): unknown[] {
  const { brokers } = isPlainObject(data) ? data : {};
  const described = Array.isArray(brokers) ? brokers.filter(isPlainObject) : [];
  return names.map((name) => described.find((one) => (one.name ?? one.preset) === name) ?? name);
}

function parseSet(text: string): { path: (string | number)[]; value: unknown } {
  const match = /^([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\[\d+\])*)=(.*)$/s.exec(text);
  if (!match) throw new Error('write it like load.clients=1000');
  const [, places = '', value = ''] = match;
  const path = places.split(/\.|\[|\]\.?/).filter(Boolean);
  return { path: path.map((part) => (/^\d+$/.test(part) ? Number(part) : part)), value: readValue(value) };
}

/** @throws for what is no YAML, or too large to be a value of a scenario */
function readValue(text: string): unknown {
  if (text.length > mostBytes) throw new Error(`a value has at most ${mostBytes} characters`);
  const value = attempt(
    () => {
      // Silent: what it warns of it would write to the terminal by itself.
      const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
      if (document.errors[0]) throw document.errors[0];
      return document.toJS({ maxAliasCount: 100 }) as unknown;
    },
    (why) => new Error(why),
  );
  if (isDeeper(value, mostLevels)) throw new Error(`more than ${mostLevels} levels of mappings and lists`);
  return value;
}

function withValue(data: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (typeof first === 'number') {
    if (!Array.isArray(data) || first >= data.length) throw new Error(`there is no [${first}] in the scenario`);
    return data.map((item, i) => (i === first ? withValue(item, rest, value) : item));
  }
  if (data !== undefined && data !== null && !isPlainObject(data))
    throw new Error(`"${first}" is not inside a mapping`);
  const mapping = (data ?? {}) as Record<string, unknown>;
  return { ...mapping, [first]: withValue(mapping[first], rest, value) };
}

/** A YAML mapping. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Mappings are merged field by field, and the list `fleets` by a mapping of names; everything else, other lists
 * included, is replaced as a whole.
 */
export function overlay(base: unknown, over: unknown): unknown {
  if (!isPlainObject(base) || !isPlainObject(over)) return over;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const there = base[key];
    if (key === 'fleets' && Array.isArray(there) && isPlainObject(value)) merged[key] = overlayByName(there, value);
    else merged[key] = key in base ? overlay(there, value) : value;
  }
  return merged;
}

const overlayByName = (all: readonly unknown[], over: Record<string, unknown>): unknown[] =>
  all.map((one) => overlay(one, ownPart(over, one)));

/** What is laid over one thing of a list: what is said of its name. */
function ownPart(over: Record<string, unknown>, one: unknown): unknown {
  const { name } = isPlainObject(one) ? one : {};
  return (typeof name === 'string' && ownEntry(over, name)) || {};
}
