import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { scenarioError } from './mistakes.js';

export type YamlPath = readonly (string | number)[];

/** A YAML text that remembers where everything is written. */
export class Source {
  /** The text as plain data. */
  readonly data: unknown;
  private readonly root: Node | null;
  private readonly lines = new LineCounter();

  /** @throws MQB_SCENARIO with every syntax mistake (also keys given twice) */
  constructor(
    text: string,
    readonly fileName: string,
  ) {
    const document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false });
    if (document.errors.length > 0) {
      const lines = document.errors.map((error) => {
        const { line, col } = this.lines.linePos(error.pos[0]);
        return `${fileName}:${line}:${col} ${error.message}`;
      });
      throw scenarioError(fileName, lines);
    }
    this.root = document.contents as Node | null;
    this.data = document.toJS({ maxAliasCount: 100 });
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
