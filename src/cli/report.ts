import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { codeOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { makeFolder } from '../base/folder.js';
import { mergeRepeats } from '../compare/merge.js';
import type { NamedResult } from '../report/words/named-result.js';
import { outputError, writeWhole } from '../result/whole-file.js';
import type { Environment } from './environment.js';
import { list, offering, oneOf, usage } from './options/parsers.js';
import { addOptions, type FlagsOf, rows } from './options/rows.js';
import { renderings } from './renderings.js';
import { distinctNames, type FoundResult, readResults } from './result-paths.js';
import { showResult } from './show-result.js';

const examples = `
A path is a result.json, the folder of a run, or a folder that holds several runs, which then count as repeats.
Several paths make one report, a chapter each; results of the same scenario are compared with the first one.

Examples:
  mqbench report results/demo-2026-11-20T21-56-07         renders into that folder
  mqbench report results/before results/after --out both  one report of two results
  mqbench report results/demo-* --format html,csv --out all
  mqbench report results/demo-2026-11-20T21-56-07 --format text --full   every number and every note, in the terminal`;

const fileFormats = Object.keys(renderings);
const formatNames = [...fileFormats, 'text'];

const options = rows({
  out: ['--out <folder>', 'where to; needed with more than one path (default: the folder of the result)'],
  format: [
    '--format <list>',
    `any of ${formatNames.join(',')}; text prints the end of the run again`,
    offering(formatNames, (text) => list(text).map((name) => oneOf(...formatNames)(name))),
    fileFormats,
  ],
  full: ['--full', 'with --format text: every number and every note, not only what fits on one screen'],
});
type Flags = FlagsOf<typeof options>;

/** `mqbench report`: renders results again, from result.json alone. */
export function command(env: Environment): Command {
  return addOptions(new Command('report'), options)
    .argument('<path...>', 'results')
    .addHelpText('after', examples)
    .action((paths: string[], flags: Flags) => report(env, paths, flags));
}

async function report(env: Environment, paths: readonly string[], flags: Flags): Promise<void> {
  const { format: names, full } = flags;
  if (full && !names.includes('text'))
    throw usage('--full is about the text in the terminal, which is not among the formats', 'add --format text');
  const formats = names.flatMap((name) => renderings[name] ?? []);
  const folder = formats.length === 0 ? env.cwd : folderFor(env, paths, flags.out);
  const results = chaptersOf(await readResults(paths, env.cwd), paths);
  if (names.includes('text')) for (const result of results) showResult(env, result, { full });
  for (const { file, load } of formats) {
    const path = join(folder, file);
    const text = (await load())(results);
    try {
      await makeFolder(folder);
      await writeWhole(path, text);
    } catch (error) {
      const full = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'].includes(codeOf(error));
      const exitCode = full ? exitCodes.run : exitCodes.usage;
      throw outputError(`write ${path}`, error, { option: '--out', exitCode });
    }
    env.stdout.write(`${path}\n`);
  }
}

/**
 * The runs in a folder are repeats of one result, where they are of one kind; everything else is a chapter of its own.
 * @param paths as they were given: several chapters are named by what tells their paths apart
 */
function chaptersOf(found: readonly FoundResult[], paths: readonly string[]): NamedResult[] {
  const chapters = paths.flatMap((given, argument) => {
    const own = found.filter((one) => one.argument === argument);
    const merged = mergeRepeats(own.map(({ result }) => result));
    return merged ? [{ path: given, result: merged }] : own;
  });
  if (chapters.length === 1) return chapters.map(({ result }) => result);
  const names = distinctNames(chapters.map(({ path }) => path));
  return chapters.map(({ result }, i) => ({ ...result, name: names[i] }));
}

/** Beside the result it shows, unless there are several: those have no common place. */
function folderFor(env: Environment, paths: readonly string[], out: string | undefined): string {
  if (out !== undefined) return resolve(env.cwd, out);
  if (paths.length > 1)
    throw usage('several results have no common folder to put a report into', 'name one with --out');
  const path = resolve(env.cwd, paths[0] as string);
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : resolve(path, '..');
}
