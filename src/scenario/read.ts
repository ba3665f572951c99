import { basename, extname } from 'node:path';
import { Mistakes } from './mistakes.js';
import { isPlainObject, overlay } from './overlay.js';
import { resolve } from './resolve.js';
import { type ScenarioInput, scenarioSchema } from './schema.js';
import { Source } from './source.js';
import { refuseUnsupported } from './supported.js';
import type { ResolvedScenario } from './types.js';
import { validate } from './validate.js';

export interface ScenarioOverrides {
  /** Lay the scenario's `quick` part over it. */
  readonly quick?: boolean;
}

/**
 * A scenario file as data with every default filled in.
 * @param fileName as the user wrote it; named in messages, and its stem names the scenario
 * @throws MQB_SCENARIO (exit code 2) listing every mistake as `file:line:column path: message`
 */
export function readScenario(text: string, fileName: string, overrides: ScenarioOverrides = {}): ResolvedScenario {
  const source = new Source(text, fileName);
  const mistakes = new Mistakes();
  if (!isPlainObject(source.data)) {
    mistakes.add([], 'a scenario is a mapping that begins like "title: …"');
    mistakes.throwIfAny(source);
  }
  const name = basename(fileName, extname(fileName));
  const full = resolveData(source.data, name, false, mistakes);
  // The quick variant is checked on every read, so that it is not found broken on the day it is needed.
  const quickPart = (source.data as { quick?: unknown }).quick;
  let quick = full && { ...full, quick: true };
  if (isPlainObject(quickPart) && !mistakes.has(['quick'])) {
    const inQuick = new Mistakes();
    quick = resolveData(overlay(source.data, quickPart), name, true, inQuick);
    mistakes.merge(inQuick, (path) => (source.holds(['quick', ...path]) ? ['quick', ...path] : path));
  }
  const chosen = overrides.quick ? quick : full;
  if (chosen) refuseUnsupported(chosen, mistakes);
  mistakes.throwIfAny(source);
  return chosen!;
}

function resolveData(data: unknown, name: string, quick: boolean, mistakes: Mistakes): ResolvedScenario | undefined {
  const input: ScenarioInput | undefined = validate(scenarioSchema, data, mistakes);
  return input && resolve(input, name, quick, mistakes);
}
