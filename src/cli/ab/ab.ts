import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { nowMicros } from '../../base/clock.js';
import { Disposer } from '../../base/disposer.js';
import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { makeFolder, makeStampedFolder } from '../../base/folder.js';
import { formatDuration } from '../../base/units.js';
import { compareResults } from '../../compare/compare.js';
import { mostSeed } from '../../plan/limits.js';
import { outputError } from '../../result/whole-file.js';
import { findScenario } from '../../scenario/find.js';
import { planCells } from '../../scenario/matrix.js';
import { readScenario } from '../../scenario/read.js';
import { estimateScenarioMicros } from '../../scenario/search-plan.js';
import { type CompareFlags, compareOptionsOf, compareRows, conclude } from '../compare/options.js';
import type { Environment } from '../environment.js';
import { whole } from '../options/parsers.js';
import { addOptions, type FlagsOf, mandatory, rows } from '../options/rows.js';
import { type ScenarioFlags, scenarioRows } from '../options/shared.js';
import { readResults } from '../result-paths.js';
import { type Build, buildOf, checkSide, thisBuild } from './builds.js';
import { order, runOnce, type Side } from './rounds.js';

const examples = `
Each round runs both sides once, in the order A B B A A B …, with the same seed, and is compared by itself: 6 rounds are the
fewest that show anything among many numbers. A round of the head that does not finish, breaks a promise or the protocol,
loses clients or has nothing acknowledged is never a pass (exit code 4). A side is a git ref of mqbench's repository (it is
built beside your checkout) or a command line that "run <scenario>" is appended to.

Examples:
  mqbench ab --base main demo                        is the working tree slower than main?
  mqbench ab --base v0.1.0 --head v0.2.0 demo --rounds 12 --quick
  mqbench ab --base "node ../old/dist/main.js" --head "node ../new/dist/main.js" my.yaml`;

const own = rows({
  base: ['--base <ref or command>', 'what was before', undefined, mandatory],
  head: ['--head <ref or command>', 'what is now (default: this mqbench)'],
  rounds: ['--rounds <n>', 'how often each side runs', whole(1, 1_000_000), 10],
  seed: [
    '--seed <n>',
    'seed of the first round; each round has its own, the same for both sides',
    whole(0, mostSeed - 1_000_000),
    1,
  ],
  out: ['--out <folder>', 'where the results of both sides go', undefined, 'results'],
});
type Flags = FlagsOf<typeof own> & ScenarioFlags & CompareFlags;

/** `mqbench ab`: two builds on one machine, interleaved: the only honest comparison where the machine is shared. */
export function command(env: Environment): Command {
  return addOptions(new Command('ab'), { ...own, ...scenarioRows, ...compareRows })
    .argument('<scenario>', 'a YAML file, or the name of a scenario that comes with mqbench')
    .addHelpText('after', examples)
    .action((scenario: string, flags: Flags) => ab(env, scenario, flags));
}

async function ab(env: Environment, name: string, flags: Flags): Promise<void> {
  const options = compareOptionsOf(flags);
  const { rounds, seed } = flags;
  const scenario = findScenario(name, env.cwd);
  // Before anything is built: a side that is neither a git ref nor a program.
  for (const side of [flags.base, flags.head]) if (side !== undefined) await checkSide(side, env.cwd);
  const estimate = estimateOf(scenario, flags);
  const folder = await folderOf(resolve(env.cwd, flags.out));
  const note = (line: string) => env.stderr.write(`${line}\n`);
  note(
    `${rounds} ${rounds === 1 ? 'round' : 'rounds'} of both sides${estimate === undefined ? '' : `: about ${formatDuration(estimate * 2 * rounds)} in all`}; --rounds, --only and --quick make it shorter`,
  );
  const disposer = new Disposer();
  const abort = new AbortController();
  const stopListening = env.onInterrupt(() => abort.abort());
  try {
    const builds: Record<Side, Build> = {
      base: await buildOf(flags.base, env.cwd, disposer, note),
      head: flags.head === undefined ? thisBuild('this build') : await buildOf(flags.head, env.cwd, disposer, note),
    };
    const began = nowMicros();
    for (const [index, { round, side }] of order(rounds).entries()) {
      note(`round ${round} of ${rounds}, ${side}: ${builds[side].name}${remaining(began, index, 2 * rounds)}`);
      const args = [scenario, '--repeat', '1', '--seed', String(seed + round), '--out', join(folder, side)];
      await runOnce(builds[side], [...args, ...passedOn(flags)], env.cwd, abort.signal);
    }
    const results = await readResults([join(folder, 'base'), join(folder, 'head')], env.cwd);
    const of = (argument: number) => results.filter((one) => one.argument === argument).map((one) => one.result);
    for (const [argument, side] of (['base', 'head'] as const).entries()) {
      const missing = rounds - of(argument).length;
      // A round that left nothing behind cannot be compared, and what the others left cannot speak for it.
      if (missing > 0)
        throw new MqbenchError('MQB_AB_RUN', `${builds[side].name}: ${missing} of ${rounds} rounds left no result`);
    }
    const names = namesOf(builds);
    note(`results of both sides: ${relative(env.cwd, folder)}`);
    // Same machine, same file: what still differs comes from the builds themselves and is pointed out, not refused.
    await conclude(env, compareResults(of(0), of(1), { ...options, names, force: true, rounds: true }), flags);
  } finally {
    stopListening();
    for (const failure of await disposer.dispose()) note(`could not remove ${failure}`);
  }
}

/** A new folder with one for the results of each side. @throws MQB_OUTPUT (exit code 2), before anything is built */
async function folderOf(parent: string): Promise<string> {
  try {
    const folder = await makeStampedFolder(parent, 'ab');
    for (const side of ['base', 'head']) await makeFolder(join(folder, side));
    return folder;
  } catch (error) {
    throw outputError(`make a folder in ${parent}`, error, { option: '--out', exitCode: exitCodes.usage });
  }
}

/**
 * How long one run of one side takes, microseconds; undefined where both sides are other builds, whose files this one
 * need not understand.
 * @throws MQB_SCENARIO for a mistake in the file or in what changes it, before anything is built
 */
function estimateOf(file: string, flags: Flags): number | undefined {
  const { quick, only, set, head } = flags;
  try {
    const scenario = readScenario(readFileSync(file, 'utf8'), file, { quick, only, set, repeat: 1 });
    return estimateScenarioMicros(scenario, planCells(scenario));
  } catch (error) {
    if (head === undefined) throw error;
    return undefined;
  }
}

/** Two builds that are called alike are told apart by their sides. */
function namesOf({ base, head }: Record<Side, Build>): { base: string; head: string } {
  if (base.name !== head.name) return { base: base.name, head: head.name };
  return { base: `base (${base.name})`, head: `head (${head.name})` };
}

/** What both sides are told beside scenario, seed and output. */
function passedOn({ quick, only, set = [] }: Flags): string[] {
  return [
    ...(quick ? ['--quick'] : []),
    ...(only === undefined ? [] : ['--only', only]),
    ...set.flatMap((change) => ['--set', change]),
  ];
}

function remaining(began: number, done: number, all: number): string {
  return done === 0 ? '' : `; about ${formatDuration(((nowMicros() - began) / done) * (all - done))} to go`;
}
