import { isCollection, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { isDeeper } from '../../base/depth.js';
import { messageOf } from '../../base/errors.js';
import { mostBytes, mostLevels } from './bounds.js';
import { scenarioError } from './mistakes.js';

/** Syntax errors that are told; behind the first ones most are only what follows from them. */
const mostErrors = 20;

/** What the parser throws by itself (aliases that multiply, brackets without end) is a mistake of the file too. */
export function attempt<T>(read: () => T, refuse: (why: string) => Error): T {
  try {
    return read();
  } catch (error) {
    throw refuse(readable(messageOf(error)));
  }
}

/** The parser goes into itself for each level, and says of its end what Node.js says of it. */
const readable = (message: string): string =>
  /call stack/.test(message) ? 'too many levels of mappings and lists' : message;

export type YamlPath = readonly (string | number)[];

/** What plain data has at a path. */
export const at = (data: unknown, path: YamlPath): unknown =>
  path.reduce((value, part) => (value as Record<string | number, unknown> | null | undefined)?.[part], data);

/** A YAML text that remembers where everything is written. */
export class Source {
  /** The text as plain data. */
  readonly data: unknown;
  private readonly root: Node | null;
  private readonly lines = new LineCounter();

  /** @throws MQB_SCENARIO with every syntax mistake (also keys given twice), and for what is too large to be a scenario */
  constructor(
    text: string,
    readonly fileName: string,
  ) {
    const refuse = (message: string) => scenarioError(fileName, [`${fileName}:1:1 ${message}`]);
    const bytes = Buffer.byteLength(text);
    if (bytes > mostBytes) throw refuse(`has ${bytes} bytes; a scenario has at most ${mostBytes}`);
    const document = attempt(
      () => parseDocument(text, { lineCounter: this.lines, prettyErrors: false, logLevel: 'silent' }),
      (why) => refuse(`cannot be read: ${why}`),
    );
    if (document.errors.length > 0) {
      const lines = document.errors.slice(0, mostErrors).map((error) => {
        const { line, col } = this.lines.linePos(error.pos[0]);
        return `${fileName}:${line}:${col} ${readable(error.message)}`;
      });
      throw scenarioError(fileName, lines);
    }
    this.root = document.contents as Node | null;
    this.data = attempt(
      () => document.toJS({ maxAliasCount: 100 }) as unknown,
      (why) => refuse(`cannot be read: ${why}`),
    );
    if (isDeeper(this.data, mostLevels)) throw refuse(`has more than ${mostLevels} levels of mappings and lists`);
  }

  /** Whether something is written at this path. */
  holds(path: YamlPath): boolean {
    return at(this.data, path) !== undefined;
  }

  /**
   * Line and column (from 1) of the value at a path, or of its key; for what is
   * not written, of the nearest thing around it that is.
   */
  position(path: YamlPath, atKey: boolean): { line: number; column: number } {
    let offset = this.root?.range?.[0] ?? 0;
    let node: unknown = this.root;
    for (const [depth, part] of path.entries()) {
      // What an alias stands for is written elsewhere; the alias is the place to look.
      if (!isCollection(node)) break;
      const pair = isMap(node) && node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair && isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      const value = pair ? pair.value : node.get(Number(part), true);
      if (!isNode(value)) break;
      if (!(pair && atKey && depth === path.length - 1)) offset = value.range?.[0] ?? offset;
      node = value;
    }
    const { line, col } = this.lines.linePos(offset);
    return { line, column: col };
  }
}
