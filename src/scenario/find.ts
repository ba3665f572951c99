import { readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MqbenchError } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { nearest } from '../base/text/nearest.js';

/** The scenarios that come with mqbench; two levels up from src/scenario and from dist/scenario alike. */
export const shippedFolder = fileURLToPath(new URL('../../scenarios/', import.meta.url));

/**
 * The path of a scenario given by path, or by the name of one that comes with mqbench (`demo`).
 * @param cwd what a relative path starts from
 * @throws MQB_SCENARIO_MISSING (exit code 2) with the names there are and the nearest one
 */
export function findScenario(nameOrPath: string, cwd: string, folder: string = shippedFolder): string {
  const asPath = resolve(cwd, nameOrPath);
  const candidates = /^[\w-]+$/.test(nameOrPath) ? [join(folder, `${nameOrPath}.yaml`), asPath] : [asPath];
  const found = candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  if (found !== undefined) return found;
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
