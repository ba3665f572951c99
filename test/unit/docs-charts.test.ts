import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

// scripts/docs/charts.mjs writes a table and its charts from one result. This notices who changes one of them alone.

const docs = new URL('../../docs/', import.meta.url);
const page = readFileSync(new URL('experiments.md', docs), 'utf8');
const blocks = [...page.matchAll(/<!-- results of (\S+) -->\n([\s\S]*?)<!-- end of \1 -->/g)].map(([, name, text]) => ({
  name: String(name),
  text: String(text),
}));
/** Sections whose tables were made by the script. */
const made = blocks.filter(({ text }) => text.startsWith('<!-- run '));
const chartsIn = (text: string): string[] =>
  [...text.matchAll(/\]\(charts\/([^)]+)\)/g)].map(([, file]) => String(file));

describe('docs/experiments.md', () => {
  it.each(made)('$name: table and charts are of one run', ({ text }) => {
    const run = /^<!-- run (\S+) -->$/m.exec(text)?.[1];
    expect(run).toBeDefined();
    const files = chartsIn(text);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const svg = readFileSync(new URL(`charts/${file}`, docs), 'utf8');
      expect(svg, file).toContain(`From the run ${run}.</desc>`);
      // By itself on a page it knows nothing of: own colours, for light and dark.
      expect(svg, file).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      expect(svg, file).toContain('prefers-color-scheme: dark');
      expect(svg, file).not.toContain('var(');
      expect(svg.length, file).toBeLessThan(60_000);
    }
  });

  it('shows every chart there is', () => {
    expect(blocks.flatMap(({ text }) => chartsIn(text)).sort()).toEqual(readdirSync(new URL('charts/', docs)).sort());
  });
});
