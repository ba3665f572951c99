import { appendFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { exitCodes } from '../../base/exit-codes.js';
import { parseShare } from '../../base/units.js';
import type { CompareOptions } from '../../compare/compare.js';
import type { Comparison } from '../../compare/types.js';
import { githubAnnotations } from '../../report/comparison/annotations.js';
import { comparisonMarkdown } from '../../report/comparison/markdown.js';
import { comparisonText } from '../../report/comparison/text.js';
import { isInconclusive } from '../../report/comparison/words.js';
import { comparisonJunit } from '../../report/junit/comparison.js';
import { outputError, writeWhole } from '../../result/whole-file.js';
import type { Environment } from '../environment.js';
import { Exit } from '../exit.js';
import { collect, usage } from '../parsers.js';

/** What `compare` and `ab` have in common. */
export interface CompareFlags {
  metric?: string[];
  margin?: string[];
  window?: string;
  format?: string;
  json?: string;
  markdown?: string;
  junit?: string;
  verbose?: boolean;
  requirePower?: boolean;
}

const formats = ['text', 'json', 'markdown', 'junit'] as const;

export function addCompareOptions(command: Command): Command {
  return command
    .option('--metric <name>', 'judge only this metric, e.g. publish.ack or publish.ack.p99 (repeatable)', collect)
    .option('--margin <[metric=]share>', 'smallest change that counts (default 5%; repeatable)', collect)
    .option('--window <name>', 'compare this measure window instead of the whole cell')
    .option('--format <format>', `what to print: ${formats.join(', ')}`, 'text')
    .option('--json <file>', 'also write JSON')
    .option('--markdown <file>', 'also write Markdown, for a pull request')
    .option('--junit <file>', 'also write JUnit XML')
    .option('--require-power', 'end with exit code 12 where these repeats could not have shown a regression')
    .option('--verbose', 'list what is the same or unclear as well');
}

/** @throws MQB_USAGE, MQB_BAD_UNIT */
export function compareOptionsOf(flags: CompareFlags): CompareOptions {
  if (!formats.includes((flags.format ?? 'text') as (typeof formats)[number])) {
    throw usage(`there is no format "${flags.format}"`, `one of ${formats.join(', ')}`);
  }
  const options: { only?: string[]; window?: string; margin?: number; margins: Record<string, number> } = {
    only: flags.metric,
    window: flags.window,
    margins: {},
  };
  for (const text of flags.margin ?? []) {
    const at = text.indexOf('=');
    if (at < 0) options.margin = parseShare(text);
    else options.margins[text.slice(0, at)] = parseShare(text.slice(at + 1));
  }
  return options;
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
  env.stdout.write(render[(flags.format ?? 'text') as keyof typeof render]());
  for (const name of ['json', 'markdown', 'junit'] as const) {
    const file = flags[name];
    if (file !== undefined) await save(resolve(env.cwd, file), render[name](), writeWhole, `--${name}`);
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
  if (summary) await save(summary, comparisonMarkdown(comparison), appendFile, 'GITHUB_STEP_SUMMARY');
}

async function save(
  file: string,
  text: string,
  how: (file: string, text: string) => Promise<void>,
  option: string,
): Promise<void> {
  try {
    await how(file, text);
  } catch (error) {
    throw outputError(`write ${file}`, error, { option });
  }
}
