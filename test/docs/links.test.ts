import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Page, pageOf, pages, readPage, root } from './pages.js';

/** Where a heading can be linked to: as GitHub makes it, small letters and hyphens, repeated ones numbered. */
function anchorsOf({ prose }: Page): Set<string> {
  const anchors = new Set<string>();
  for (const line of prose) {
    const heading = /^#{1,6} +(.*)$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Links of a page that lead nowhere, each with its line. Addresses of the web are not looked up. */
function dead(page: Page): string[] {
  const found: string[] = [];
  for (const [index, line] of page.prose.entries()) {
    for (const [, target = ''] of line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)) {
      if (!/^[a-z]+:/.test(target) && !leads(page, target)) found.push(`${page.file}:${index + 1} ${target}`);
    }
  }
  return found;
}

function leads(from: Page, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from.file : normalize(join(dirname(from.file), path));
  if (file.startsWith('..') || !existsSync(join(root, file))) return false;
  if (anchor === undefined) return true;
  if (!file.endsWith('.md') || statSync(join(root, file)).isDirectory()) return false;
  return anchorsOf(file === from.file ? from : readPage(file)).has(anchor);
}

describe('links of README and docs', () => {
  it('lead to files and headings that are there', () => {
    expect(pages().flatMap(dead)).toEqual([]);
  });

  it('are read as GitHub reads them', () => {
    const text =
      '# A “b”: `c` & d\n## Same\n## Same\n[x](#a-b-c--d) [y](#same-1) [z](#same-2) [n](docs/none.md) [ok](package.json)\n';
    expect(dead(pageOf('README.md', text))).toEqual(['README.md:4 #same-2', 'README.md:4 docs/none.md']);
  });

  it('reach every page from README', () => {
    const reached = new Set(['README.md']);
    for (const file of reached) {
      for (const [, path = ''] of readPage(file)
        .prose.join('\n')
        .matchAll(/\]\(([^)#\s]+\.md)[^)]*\)/g)) {
        if (!/^[a-z]+:/.test(path)) reached.add(normalize(join(dirname(file), path)));
      }
    }
    expect(
      pages()
        .map(({ file }) => file)
        .filter((file) => !reached.has(file)),
    ).toEqual([]);
  });
});
