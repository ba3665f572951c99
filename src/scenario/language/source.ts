import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
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
    let value = this.data;
    for (const part of path) value = (value as Record<string | number, unknown> | null | undefined)?.[part];
    return value !== undefined;
  }

  /**
   * Line and column (from 1) of the value at a path, or of its key; for what is
   * not written, of the nearest thing around it that is.
   */
  position(path: YamlPath, atKey = false): { line: number; column: number } {
    let offset = this.root?.range?.[0] ?? 0;
    let node: unknown = this.root;
    for (const [depth, part] of path.entries()) {
      if (isAlias(node)) break; // what an alias stands for is written elsewhere; the alias is the place to look
      if (isMap(node)) {
        const pair = node.items.find(
          (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part),
        );
        if (!pair) break;
        const last = depth === path.length - 1;
        if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
        if (isNode(pair.value) && !(last && atKey)) offset = pair.value.range?.[0] ?? offset;
        node = pair.value;
      } else if (isSeq(node)) {
        const item = node.items[Number(part)];
        if (!isNode(item)) break;
        offset = item.range?.[0] ?? offset;
        node = item;
      } else {
        break;
      }
    }
    const { line, col } = this.lines.linePos(offset);
    return { line, column: col };
  }
}
