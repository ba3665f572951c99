// Writes tables and charts of docs/experiments.md from results of the experiments:
//
//   npm run build && node scripts/docs/charts.mjs results/reconnect-2026-… [further results]
//
// Table, charts and the line that says where they are from come from one result, between the markers of its experiment,
// so they cannot be of different runs; test/unit/docs-charts.test.ts checks that it stays so. The prose is written by hand.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import process from 'node:process';
import { restartIds } from '../../dist/report/charts/canvas.js';
import { readResult } from '../../dist/result/read.js';
import { provenanceText } from './provenance.mjs';
import { sections } from './sections.mjs';
import { standaloneSvg } from './standalone-svg.mjs';

const page = new URL('../../docs/experiments.md', import.meta.url);
const folder = new URL('../../docs/charts/', import.meta.url);
/** A picture in the documentation is read over slow lines, too. */
const largestBytes = 60_000;

for (const path of process.argv.slice(2)) await write(path);

async function write(path) {
  const result = await readResult(path);
  const { name } = result.scenario;
  const section = sections[name];
  if (!section)
    throw new Error(`${path}: no section is written for ${name}; there are: ${Object.keys(sections).join(', ')}`);
  const failed = result.cells.filter((cell) => cell.status !== 'finished' && cell.status !== 'unsupported');
  if (result.finishedAt === undefined || failed.length > 0) {
    throw new Error(
      `${path}: the run is ${result.status}; tables are made from whole ones (mqbench run --resume ${path})`,
    );
  }
  const run = basename(path.endsWith('.json') ? dirname(path) : path);
  restartIds(name);
  const { tables, charts } = section(result);
  const images = charts.map(({ file, chart }) => {
    const svg = standaloneSvg(chart, `From the run ${run}.`);
    if (svg.length > largestBytes) throw new Error(`${file}: ${svg.length} bytes, more than ${largestBytes}`);
    writeFileSync(new URL(file, folder), svg);
    return `![${chart.title}](charts/${file})`;
  });
  const block = [provenanceText(result), ...tables, ...images].join('\n\n');
  writeFileSync(page, between(readFileSync(page, 'utf8'), name, `<!-- run ${run} -->\n${block}`));
}

/** The page with what stands between the markers of this experiment replaced. */
function between(text, name, block) {
  const [begin, end] = [`<!-- results of ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/experiments.md has no place for it: ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n${block}\n${text.slice(to)}`;
}
