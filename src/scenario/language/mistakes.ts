import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { pathText } from '../../base/text/path.js';
import type { Source, YamlPath } from './source.js';

/** One thing that is wrong in a scenario file. */
interface Mistake {
  readonly path: YamlPath;
  readonly message: string;
  /** The key itself is wrong, not its value: the position is the key's. */
  readonly atKey: boolean;
}

/** Collects everything that is wrong, so that a person mends the file once. */
export class Mistakes {
  private readonly list: Mistake[] = [];

  /** @param place where it is to be looked for, when that is not where it was found */
  add(path: YamlPath, message: string, atKey = false, place: YamlPath = path): void {
    const same = (one: Mistake): boolean => one.message === message && pathText(one.path) === pathText(path);
    // Variants of a load have theirs in common.
    if (!this.list.some(same)) this.list.push({ path: place, message, atKey });
  }

  /** Takes over another list, each path as `place` says, except what is there already. */
  merge(other: Mistakes, place: (path: YamlPath) => YamlPath): void {
    for (const { path, message, atKey } of other.list) this.add(path, message, atKey, place(path));
  }

  get count(): number {
    return this.list.length;
  }

  /** `path: message` of each. */
  texts(): string[] {
    return this.list.map(textOf);
  }

  /** A path that already has a mistake needs no second one that follows from it. */
  has(path: YamlPath): boolean {
    return this.list.some((mistake) => pathText(mistake.path).startsWith(pathText(path)));
  }

  /** @throws MQB_SCENARIO with every mistake, one line each, in the order of the file */
  throwIfAny(source: Source): void {
    if (this.list.length === 0) return;
    const lines = this.list
      .map((mistake) => ({ ...mistake, ...source.position(mistake.path, mistake.atKey) }))
      .sort((a, b) => a.line - b.line || a.column - b.column)
      .map((mistake) => `${source.fileName}:${mistake.line}:${mistake.column} ${textOf(mistake)}`);
    throw scenarioError(source.fileName, [...new Set(lines)]);
  }
}

const textOf = ({ path, message }: Mistake): string => (path.length > 0 ? `${pathText(path)}: ${message}` : message);

/** MQB_SCENARIO, exit code 2. */
export function scenarioError(fileName: string, lines: readonly string[]): MqbenchError {
  const howMany = lines.length === 1 ? '1 mistake' : `${lines.length} mistakes`;
  return new MqbenchError('MQB_SCENARIO', `${howMany} in ${fileName}\n${lines.map((line) => `  ${line}`).join('\n')}`, {
    exitCode: exitCodes.usage,
    hint: 'mqbench help scenarios explains every field; scenarios/schema.json lets an editor check while you write',
  });
}
