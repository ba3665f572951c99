import { Command } from 'commander';
import { compareResults } from '../../compare/compare.js';
import type { Environment } from '../environment.js';
import { usage } from '../options/parsers.js';
import { addOptions, type FlagsOf, rows } from '../options/rows.js';
import { readResults } from '../result-paths.js';
import { type CompareFlags, compareOptionsOf, compareRows, conclude } from './options.js';

const examples = `
A path is a result.json, the folder of a run, or a folder that holds several of either; all repeats found count.
"Worse" needs both: a rank test, corrected for all numbers compared, and a change beyond the margin. Exit code 11 then.
A planned repeat of the head that did not finish, or that broke a promise or the protocol, lost clients or had nothing
acknowledged, is never a pass: exit code 4. "INCONCLUSIVE" says that these repeats could not have shown a regression in every
number; --require-power makes that exit code 12.

Examples:
  mqbench compare results/demo-before results/demo-after
  mqbench compare base-1 base-2 vs head-1 head-2         more than one result a side
  mqbench compare a b --margin 10% --margin publish.ack.p95=20%
  mqbench compare results/baselines/demo-quick results/demo-now --markdown summary.md --junit junit.xml`;

const own = rows({
  force: ['--force', 'compare results of different machines, kernels, scenarios or settings all the same'],
});
type Flags = CompareFlags & FlagsOf<typeof own>;

/** `mqbench compare`: did anything become worse between two sets of results? */
export function command(env: Environment): Command {
  return addOptions(new Command('compare'), { ...own, ...compareRows })
    .argument('<path...>', 'base and head; with more than two, "vs" between the sides')
    .addHelpText('after', examples)
    .action((paths: string[], flags: Flags) => compare(env, paths, flags));
}

async function compare(env: Environment, paths: readonly string[], flags: Flags): Promise<void> {
  const options = compareOptionsOf(flags);
  const [base, head] = sides(paths);
  const found = await readResults([...base, ...head], env.cwd);
  const of = (isBase: boolean) =>
    found.filter(({ argument }) => argument < base.length === isBase).map(({ result }) => result);
  await conclude(env, compareResults(of(true), of(false), { ...options, force: flags.force }), flags);
}

/** @throws MQB_USAGE when it is not clear which paths belong to which side */
export function sides(paths: readonly string[]): [string[], string[]] {
  const at = paths.indexOf('vs');
  const split: [string[], string[]] =
    at < 0 ? [paths.slice(0, 1), paths.slice(1)] : [paths.slice(0, at), paths.slice(at + 1)];
  const [base, head] = split;
  if (base.length === 0 || head.length === 0 || (at < 0 && head.length > 1)) {
    const count = paths.filter((path) => path !== 'vs').length;
    const what = count === 1 ? 'one path, and a comparison needs two: base and head' : undefined;
    const unclear = at < 0 ? `${count} paths, and no "vs" says where the head begins` : 'a side of "vs" is empty';
    throw usage(what ?? unclear, 'mqbench compare <base> <head>, or mqbench compare <base…> vs <head…>');
  }
  return split;
}
