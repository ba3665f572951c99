import { basename, dirname, extname } from 'node:path';
import { bindsIn } from '../expect/evaluate.js';
import type { KnownNames } from '../expect/expectation.js';
import { parseExpectation } from '../expect/parse.js';
import { disturbs } from './disturbing.js';
import { outOfBounds } from './language/bounds.js';
import { Mistakes, scenarioError } from './language/mistakes.js';
import { type ScenarioInput, scenarioSchema } from './language/schema.js';
import { Source } from './language/source.js';
import { validate } from './language/validate.js';
import { conditions, planCells } from './matrix.js';
import { checkCommon, checkQuickFleets } from './resolve/fleets.js';
import { applyOverrides, isPlainObject, overlay, type ScenarioOverrides } from './resolve/overrides.js';
import { checkParts } from './resolve/partial.js';
import { type HowToResolve, resolve } from './resolve/resolve.js';
import { checkPublishTopic } from './resolve/topics.js';
import type { ResolvedScenario } from './types.js';

export type { ScenarioOverrides } from './resolve/overrides.js';

/**
 * A scenario file as data with every default filled in.
 * @param fileName as the user wrote it; named in messages, and its stem names the scenario
 * @throws MQB_SCENARIO (exit code 2) listing every mistake as `file:line:column path: message`
 */
export function readScenario(text: string, fileName: string, overrides: ScenarioOverrides = {}): ResolvedScenario {
  const name = nameOf(fileName);
  const source = new Source(text, fileName);
  const mistakes = new Mistakes();
  if (!isPlainObject(source.data)) {
    mistakes.add([], 'a scenario is a mapping that begins like "title: …"');
    mistakes.throwIfAny(source);
  }
  const folder = dirname(fileName);
  const full = resolveData(source.data, name, { quick: false, folder }, mistakes);
  const quick = resolveQuick(source, name, folder, mistakes);
  const chosen = overrides.quick ? (quick ?? full) : full;
  mistakes.throwIfAny(source);
  // As it stands in result.json, and as it comes back from there for --resume.
  return JSON.parse(JSON.stringify(override(source, name, overrides, chosen?.expect ?? []))) as ResolvedScenario;
}

/** What a scenario is called, also in the name of its folder of results: the file's stem without what folders should not have. */
function nameOf(fileName: string): string {
  const stem = basename(fileName, extname(fileName)).replace(/^\.+/, '');
  return stem.replace(/[^\p{L}\p{N}._%+-]+/gu, '-').slice(0, 100) || 'scenario';
}

/** The quick variant is checked on every read, so that it is not found broken on the day it is needed. */
function resolveQuick(source: Source, name: string, folder: string, mistakes: Mistakes): ResolvedScenario | undefined {
  const part = (source.data as { quick?: unknown }).quick;
  if (!isPlainObject(part) || mistakes.has(['quick'])) return undefined;
  const inQuick = new Mistakes();
  checkQuickFleets(source.data, part, mistakes);
  const quick = resolveData(overlay(source.data, part), name, { quick: true, folder }, inQuick);
  mistakes.merge(inQuick, (path) => (source.holds(['quick', ...path]) ? ['quick', ...path] : path));
  return quick;
}

function resolveData(data: unknown, name: string, how: HowToResolve, mistakes: Mistakes): ResolvedScenario | undefined {
  if (outOfBounds(data, mistakes)) return undefined;
  checkCommon(data, mistakes);
  checkPublishTopic(data, mistakes);
  const input: ScenarioInput | undefined = validate(scenarioSchema, data, mistakes);
  if (input) return resolve(input, name, how, mistakes);
  checkParts(data as Record<string, unknown>, how.folder, mistakes);
  return undefined;
}

/** The valid file with what the command line changes; mistakes are then the command line's. */
function override(
  source: Source,
  name: string,
  overrides: ScenarioOverrides,
  expectedInFile: readonly string[],
): ResolvedScenario {
  const part = (source.data as { quick?: unknown }).quick;
  const base = overrides.quick ? overlay(source.data, part ?? {}) : source.data;
  const { data, wrong } = applyOverrides(base, overrides);
  const mistakes = new Mistakes();
  const { show: shownInFile } = base as { show?: readonly string[] };
  const how = { quick: overrides.quick ?? false, folder: dirname(source.fileName), expectedInFile, shownInFile };
  const scenario = resolveData(data, name, how, mistakes);
  const lines = [...wrong, ...mistakes.texts()];
  if (!scenario || lines.length > 0) throw scenarioError('the command line', lines);
  return overrides.only === undefined ? scenario : onlySome(scenario, overrides.only);
}

/** Keeps the cells asked for, and the expectations that speak about them alone. */
function onlySome(scenario: ResolvedScenario, only: string): ResolvedScenario {
  const all = planCells(scenario);
  const some = { ...scenario, only };
  const cells = planCells(some);
  if (cells.length === 0) {
    const ids = all.map((cell) => cell.id).join(', ');
    throw scenarioError('the command line', [`--only ${only} fits no cell; there are: ${ids}`]);
  }
  const named = cells.map((cell) => ({ arm: cell.arm.name, network: cell.network, repeat: cell.repeat }));
  const known = namesIn(scenario);
  const binds = (text: string): boolean => bindsIn(parseExpectation(text, known), named);
  const others = scenario.expect.filter((text) => !binds(text));
  const about = 'cells that --only leaves out';
  const leftOut = [...(scenario.leftOut ?? []), ...others.map((text) => ({ text, about }))];
  return { ...some, expect: scenario.expect.filter(binds), leftOut: leftOut.length > 0 ? leftOut : undefined };
}

/** What expectations of a scenario may name, which tells a fleet or a window from an arm. */
function namesIn(scenario: ResolvedScenario): KnownNames {
  const { arms, windows, timeline, fleets } = scenario;
  return {
    arms: arms.map(({ name }) => name),
    networks: conditions(scenario).map(({ network }) => network.name),
    windows: windows.map(({ name }) => name),
    events: timeline.map((event) => ({ ...event, disturbs: disturbs(event) })),
    fleets,
  };
}
