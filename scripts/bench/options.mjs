// What the benchmark is told on its command line.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { groups, onlyWhenNamed } from './groups.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

const rows = {
  only: ['LIST', 'these groups or sections, e.g. peers or peers.tls,steady'],
  quick: [undefined, 'fewer seconds and clients for each measurement: to see that it works, not to print'],
  rounds: ['N', 'measure everything so often (default: 3 for peers, 1 for the others; at least 2 with two builds)'],
  'against-build': [
    'FOLDER',
    'another built checkout of mqbench: both are measured by turns, before after after before …',
  ],
  against: ['FILE', 'an earlier result (--json): ratios to it, with and without what the machine differs by'],
  json: ['FILE', 'where the result goes (default: results/bench-TIME.json); written anew after every measurement'],
  help: [undefined, 'show this'],
};

const list = (entries) => entries.map(([left, right]) => `  ${left.padEnd(24)} ${right}`).join('\n');

export const help = `usage: scripts/bench.sh [options]

What mqbench itself reaches on this machine, beside what it should. Keep the machine idle meanwhile. Rows are printed as they come, as
Markdown; Ctrl-C keeps what is finished. It ends with 0 whatever was reached, with 1 when something could not be measured.

${list(Object.entries(rows).map(([name, [value, says]]) => [value === undefined ? `--${name}` : `--${name} ${value}`, says]))}

Groups (${onlyWhenNamed.join(' and ')} run only when they are named):
${list(Object.entries(groups))}

Examples:
  scripts/bench.sh                                       all but ${onlyWhenNamed.join(' and ')}
  scripts/bench.sh --only peers                          beside the programs of others, three pairs of each
  scripts/bench.sh --only peers.tcp,peers.tls --quick    two sections of it, quickly
  scripts/bench.sh --only peers --against-build ../old   what a change has brought: before, after and their ratio
  scripts/bench.sh --against results/bench-monday.json   beside an earlier day, the machine's own difference taken out
`;

/**
 * @returns the options, as they are to be used
 * @throws an Error that says everything that is wrong with them
 */
export function readOptions(args) {
  const options = Object.fromEntries(
    Object.entries(rows).map(([name, [value]]) => [name, { type: value === undefined ? 'boolean' : 'string' }]),
  );
  const { values } = parseArgs({ args, options, strict: true });
  const { only, quick = false, rounds, against, json, 'against-build': build } = values;
  const wrong = [];
  if (rounds !== undefined && !/^[1-9]\d{0,2}$/.test(rounds))
    wrong.push(`--rounds ${rounds}: a whole number from 1 to 999`);
  const earlier = against === undefined ? undefined : readResult(against, quick, wrong);
  if (build !== undefined && !existsSync(join(build, 'dist/main.js'))) {
    wrong.push(
      `--against-build ${build}: no build there; make one: git worktree add ${build} COMMIT && cd ${build} && npm ci && npm run build`,
    );
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  return {
    ...{ help: values.help === true, only: only?.split(','), quick, earlier },
    rounds: rounds === undefined ? undefined : Number(rounds),
    build: build === undefined ? undefined : resolve(build),
    json: json ?? join(root, 'results', `bench-${time}.json`),
  };
}

function readResult(file, quick, wrong) {
  try {
    const result = JSON.parse(readFileSync(file, 'utf8'));
    if (!Array.isArray(result.rows) || result.gauge?.before === undefined) {
      wrong.push(
        `--against ${file}: not a result of this benchmark, or one that ended before the machine was measured`,
      );
    } else if (result.quick !== quick) {
      wrong.push(
        `--against ${file}: measured ${result.quick ? 'with' : 'without'} --quick, and this run is the other way: they are no pair`,
      );
    }
    return result;
  } catch (error) {
    wrong.push(`--against ${file}: ${error.message}`);
  }
  return undefined;
}
