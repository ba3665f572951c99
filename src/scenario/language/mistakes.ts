import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import type { Source, YamlPath } from './source.js';

/** One thing that is wrong in a scenario file. */
export interface Mistake {
  readonly path: YamlPath;
  readonly message: string;
  /** The key itself is wrong, not its value: the position is the key's. */
  readonly atKey?: boolean;
}

/** Collects everything that is wrong, so that a person mends the file once. */
export class Mistakes {
  private readonly list: Mistake[] = [];

  add(path: YamlPath, message: string, atKey = false): void {
    const same = (one: Mistake): boolean => one.message === message && pathText(one.path) === pathText(path);
    if (!this.list.some(same)) this.list.push({ path, message, atKey }); // variants of a load have theirs in common
  }

  /** Takes over another list, each path as `place` says, except what is there already. */
  merge(other: Mistakes, place: (path: YamlPath) => YamlPath): void {
    for (const mistake of other.list) {
      const same = this.list.some(
        (one) => one.message === mistake.message && pathText(one.path) === pathText(mistake.path),
      );
      if (!same) this.list.push({ ...mistake, path: place(mistake.path) });
    }
  }

  lines(): readonly Mistake[] {
    return this.list;
  }

  /** A path that already has a mistake needs no second one that follows from it. */
  has(path: YamlPath): boolean {
    return this.list.some((mistake) => pathText(mistake.path).startsWith(pathText(path)));
  }

  /** @throws MQB_SCENARIO with every mistake, one line each, in the order of the file */
  throwIfAny(source: Source): void {
    if (this.list.length === 0) return;
    const lines = this.list
      .map((mistake) => ({ ...mistake, ...source.position(mistake.path, mistake.atKey ?? false) }))
      .sort((a, b) => a.line - b.line || a.column - b.column)
      .map(({ line, column, path, message }) => {
        const at = path.length > 0 ? `${pathText(path)}: ` : '';
        return `${source.fileName}:${line}:${column} ${at}${message}`;
      });
    throw scenarioError(source.fileName, [...new Set(lines)]);
  }
}

/** MQB_SCENARIO, exit code 2. */
export function scenarioError(fileName: string, lines: readonly string[]): MqbenchError {
  const howMany = lines.length === 1 ? '1 mistake' : `${lines.length} mistakes`;
  return new MqbenchError('MQB_SCENARIO', `${howMany} in ${fileName}\n${lines.map((line) => `  ${line}`).join('\n')}`, {
    exitCode: exitCodes.usage,
    hint: 'mqbench help scenarios explains every field; scenarios/schema.json lets an editor check while you write',
  });
}

/** `arms[1].name` */
export function pathText(path: YamlPath): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');
}
