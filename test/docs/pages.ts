import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** The repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A block of code on a page; without a language it is something to look at, such as output. */
export interface Block {
  readonly file: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** What a page of Markdown is made of, as far as its commands and links are concerned. */
export interface Page {
  readonly file: string;
  readonly blocks: readonly Block[];
  /** Its lines with those of blocks emptied, so that numbers of lines hold. */
  readonly prose: readonly string[];
}

/** README.md and everything below docs/, by their paths in the repository. */
export function pages(): Page[] {
  const below = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.md'),
  );
  return ['README.md', ...below.map((file) => `docs/${file}`).sort()].map(readPage);
}

export const readPage = (file: string): Page => pageOf(file, readFileSync(`${root}${file}`, 'utf8'));

/** Fences, and lines indented by four behind an empty line. Fences may themselves be indented. */
export function pageOf(file: string, markdown: string): Page {
  const blocks: Block[] = [];
  const prose: string[] = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const fence = /^( *)```(\w*)/.exec(lines[at] ?? '');
    const indented = /^ {4}/.test(lines[at] ?? '') && prose.at(-1) === '';
    if (!fence && !indented) {
      prose.push(lines[at] ?? '');
      continue;
    }
    const begin = fence ? at + 1 : at;
    const margin = fence?.[1]?.length ?? 4;
    let end = begin;
    const isOver = fence ? /^ *```\s*$/ : /^ {0,3}\S/;
    while (end < lines.length && !isOver.test(lines[end] ?? '')) end++;
    const text = lines.slice(begin, end).map((line) => line.slice(margin));
    blocks.push({ file, line: begin + 1, language: fence?.[2] ?? '', text: text.join('\n') });
    const after = fence ? end + 1 : end;
    prose.push(...Array.from({ length: after - at }, () => ''));
    at = after - 1;
  }
  return { file, blocks, prose };
}

/** Code inside sentences, each with the line on which it begins. A code span may go on behind the end of a line. */
export function spansOf({ prose }: Page): { line: number; text: string }[] {
  const text = prose.join('\n');
  return [...text.matchAll(/(?<!`)`([^`]+)`(?!`)/g)].map((found) => ({
    line: text.slice(0, found.index).split('\n').length,
    text: (found[1] ?? '').replace(/\s+/g, ' ').trim(),
  }));
}

/** The shell scripts of a CI job: `run` of GitHub's steps, `script` and its like of GitLab's, one text a job. */
export function shellOfJob(yaml: string): string[] {
  const scripts: string[] = [];
  const visit = (value: unknown, key: string): void => {
    if (key === 'run' && typeof value === 'string') scripts.push(value);
    else if (/^(before_|after_)?script$/.test(key)) scripts.push([value].flat(2).join('\n'));
    else if (typeof value === 'object' && value !== null)
      for (const [name, child] of Object.entries(value)) visit(child, name);
  };
  visit(parse(yaml), '');
  return scripts;
}
