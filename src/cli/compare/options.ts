import { appendFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exitCodes } from '../../base/exit-codes.js';
import { parseShare } from '../../base/units.js';
import type { CompareOptions } from '../../compare/compare.js';
import type { Comparison } from '../../compare/types.js';
import { githubAnnotations } from '../../report/comparison/annotations.js';
import { comparisonMarkdown } from '../../report/comparison/markdown.js';
import { comparisonText } from '../../report/comparison/text.js';
import { isInconclusive } from '../../report/comparison/words.js';
import { comparisonJunit } from '../../report/junit/comparison.js';
import type { Environment } from '../environment.js';
import { Exit } from '../exit.js';
import { collect, oneOf } from '../options/parsers.js';
import { type FlagsOf, rows } from '../options/rows.js';
import { isPrinted, jsonRow, save } from '../options/shared.js';

const formats = ['text', 'json', 'markdown', 'junit'] as const;

/** What `compare` and `ab` have in common. */
export const compareRows = rows({
  metric: ['--metric <name>', 'judge only this metric, e.g. publish.ack or publish.ack.p99 (repeatable)', collect],
  margin: ['--margin <[metric=]share>', 'smallest change that counts (default 5%; repeatable)', collect],
  window: ['--window <name>', 'compare this measure window instead of the whole cell'],
  fleet: [
    '--fleet <name>',
    'compare the numbers of this fleet instead of those of all clients; all is each of them (repeatable)',
    collect,
  ],
  format: ['--format <format>', `what to print: ${formats.join(', ')}`, oneOf(...formats), 'text'],
  json: jsonRow,
  markdown: ['--markdown <file>', 'also write Markdown, for a pull request'],
  junit: ['--junit <file>', 'also write JUnit XML'],
  requirePower: ['--require-power', 'end with exit code 12 where these repeats could not have shown a regression'],
  verbose: ['--verbose', 'list what is the same or unclear as well'],
});
export type CompareFlags = FlagsOf<typeof compareRows>;

/** @throws MQB_BAD_UNIT */
export function compareOptionsOf({ metric: only, window, fleet: fleets, margin = [] }: CompareFlags): CompareOptions {
  const [named, bare] = [margin.filter((text) => text.includes('=')), margin.filter((text) => !text.includes('='))];
  const margins = named.map((text) => [text.replace(/=.*/s, ''), parseShare(text.replace(/^[^=]*=/, ''))] as const);
  return { only, window, fleets, margin: bare.map(parseShare).at(-1), margins: Object.fromEntries(margins) };
}

/**
 * Prints and writes a comparison in every form that was asked for, and tells GitHub when it listens.
 * @throws Exit with 11 on a regression, with 12 when it could not have been seen and --require-power asks for that, and with 4 when repeats of the head failed or there was nothing to compare: no
 * data is no pass
 */
export async function conclude(env: Environment, comparison: Comparison, flags: CompareFlags): Promise<void> {
  const json = () => `${JSON.stringify(comparison, null, 2)}\n`;
  const render = {
    text: () => `${comparisonText(comparison, { verbose: flags.verbose })}\n`,
    json,
    markdown: () => comparisonMarkdown(comparison),
    junit: () => comparisonJunit(comparison),
  };
  env.stdout.write(render[isPrinted(flags.json) ? 'json' : flags.format]());
  for (const name of ['json', 'markdown', 'junit'] as const) {
    const file = flags[name];
    if (file !== undefined && !isPrinted(file)) await save(resolve(env.cwd, file), render[name](), `--${name}`);
  }
  if (env.variables.GITHUB_ACTIONS === 'true') await tellGithub(env, comparison, flags);
  if (comparison.outcome === 'regression') throw new Exit(exitCodes.regression);
  if (comparison.outcome !== 'no-regression') throw new Exit(exitCodes.run);
  if (flags.requirePower && isInconclusive(comparison)) throw new Exit(exitCodes.inconclusive);
}

async function tellGithub(env: Environment, comparison: Comparison, { requirePower }: CompareFlags): Promise<void> {
  // On standard error: what a script reads from standard output stays what it asked for. Actions reads both.
  for (const line of githubAnnotations(comparison, { requirePower })) env.stderr.write(`${line}\n`);
  const summary = env.variables.GITHUB_STEP_SUMMARY;
  if (summary) await save(summary, comparisonMarkdown(comparison), 'GITHUB_STEP_SUMMARY', appendFile);
}
