import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { nearest } from './nearest.js';

/** The scenarios that come with mqbench; two levels up from src/scenario and from dist/scenario alike. */
export const shippedFolder = fileURLToPath(new URL('../../scenarios/', import.meta.url));

export interface FoundScenario {
  readonly fileName: string;
  readonly text: string;
}

/**
 * A scenario by path, or one that comes with mqbench by its name (`demo`).
 * @throws MQB_SCENARIO_MISSING (exit code 2) with the names there are and the nearest one
 */
export function findScenario(nameOrPath: string, folder: string = shippedFolder): FoundScenario {
  const looksLikeName = /^[\w-]+$/.test(nameOrPath);
  const candidates = looksLikeName ? [join(folder, `${nameOrPath}.yaml`), nameOrPath] : [nameOrPath];
  let failure: unknown;
  for (const fileName of candidates) {
    try {
      return { fileName, text: readFileSync(fileName, 'utf8') };
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') failure = error;
    }
  }
  if (failure) {
    throw new MqbenchError('MQB_SCENARIO_MISSING', `scenario ${nameOrPath} cannot be read: ${messageOf(failure)}`, {
      exitCode: exitCodes.usage,
      cause: failure,
    });
  }
  const names = shippedScenarios(folder);
  const near = nearest(basename(nameOrPath).replace(/\.ya?ml$/, ''), names);
  throw new MqbenchError(
    'MQB_SCENARIO_MISSING',
    `no scenario file or name "${nameOrPath}"${near ? `; did you mean "${near}"?` : ''}`,
    {
      exitCode: exitCodes.usage,
      hint: `give the path of a scenario file, or one of: ${names.join(', ')}`,
    },
  );
}

/** Names of the scenarios in a folder, sorted. */
export function shippedScenarios(folder: string = shippedFolder): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => file.slice(0, -'.yaml'.length))
      .sort();
  } catch {
    return []; // an installation without them still runs files given by path
  }
}
