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
import { isLoad } from '../load/options/flags.js';
import { usage, whole } from '../options/parsers.js';
import { addOptions, type FlagsOf, rows } from '../options/rows.js';
import { type ScenarioFlags, scenarioRows } from '../options/shared.js';
import { readResults } from '../result-paths.js';
import { brokerRows, brokerSides, isOfBrokers, type MakeSides } from './brokers.js';
import { type Build, buildOf, checkSide, thisBuild } from './builds.js';
import { loadWork } from './load.js';
import { order, runOnce, type Side, type Work } from './rounds.js';

const examples = `
Each round runs both sides once, in the order A B B A A B …, with the same seed, and is compared by itself: 6 rounds are the
fewest that show anything among many numbers. A round of the head that does not finish, breaks a promise or the protocol,
loses clients or has nothing acknowledged is never a pass (exit code 4).

Builds of your broker (--broker-base, --broker-head), from any repository: a command line that starts it in the foreground, a
preset, a preset with another program (mosquitto=/opt/old/mosquitto), a container image (image:my/broker:pr-17, and words for its
entry point; mosquitto=image:eclipse-mosquitto:2.0.18 with the configuration of the preset), or a git ref, which --broker-build
builds in a checkout of its own ({tree}) and --broker starts. Each cell starts it anew.

Builds of mqbench (--base, --head): a git ref of its repository, which is built beside your checkout, or a command line that
"run <scenario>" is appended to.

Examples:
  mqbench ab --base main demo                        is the working tree slower than main?
  mqbench ab --base v0.1.0 --head v0.2.0 demo --rounds 12 --quick
  mqbench ab --base "node ../old/dist/main.js" --head "node ../new/dist/main.js" my.yaml
  mqbench ab --broker-base mosquitto --broker-head mosquitto=./src/mosquitto lossy-link --quick
  mqbench ab --broker-base mosquitto=image:eclipse-mosquitto:2.0.18 --broker-head mosquitto=image:my/broker:pr-17 lossy-link
  mqbench ab --broker-base main --broker-head HEAD --broker-build "make -j2" --broker "mosquitto={tree}/src/mosquitto" demo
  mqbench ab --broker-base mosquitto --broker-head "./broker -p {port.tcp}" -- pubsub --pubs 50 --subs 50 --rate 1000 -q 1 --duration 10s`;

const own = rows({
  base: ['--base <ref or command>', 'what was before'],
  head: ['--head <ref or command>', 'what is now (default: this mqbench)'],
  rounds: ['--rounds <n>', 'how often each side runs', whole(1, 1_000_000), 10],
  seed: [
    '--seed <n>',
    'seed of the first round; each round has its own, the same for both sides',
    whole(0, mostSeed - 1_000_000),
    1,
  ],
  out: ['--out <folder>', 'where the results of both sides go', undefined, 'results'],
  dryRun: ['--dry-run', 'say how long it takes, then stop'],
});
type Flags = FlagsOf<typeof own> & FlagsOf<typeof brokerRows> & ScenarioFlags & CompareFlags;

/** `mqbench ab`: two builds on one machine, interleaved: the only honest comparison where the machine is shared. */
export function command(env: Environment): Command {
  return addOptions(new Command('ab'), { ...brokerRows, ...own, ...scenarioRows, ...compareRows })
    .argument(
      '<scenario...>',
      'a YAML file or the name of a scenario; with brokers also -- conn, pub, sub or pubsub and its flags',
    )
    .addHelpText('after', examples)
    .action((words: string[], flags: Flags) => ab(env, words, flags));
}

async function ab(env: Environment, words: readonly string[], flags: Flags): Promise<void> {
  const options = compareOptionsOf(flags);
  const { rounds, seed } = flags;
  const work = isLoad(words[0] ?? '') ? loadWork(words, flags) : scenarioWork(words, flags, env.cwd);
  // Before anything is built: a side that is neither a git ref nor a program.
  const { inLab } = work;
  const sides = isOfBrokers(flags) ? await brokerSides(flags, env.cwd, { inLab }) : await buildSides(flags, env.cwd);
  if (flags.dryRun) {
    env.stdout.write(`${lengthText(rounds, work)}\n`);
    return;
  }
  const folder = await folderOf(resolve(env.cwd, flags.out));
  const note = (line: string) => env.stderr.write(`${line}\n`);
  note(lengthText(rounds, work));
  const disposer = new Disposer();
  const abort = new AbortController();
  const stopListening = env.onInterrupt(() => abort.abort());
  try {
    const builds = await sides(disposer, note);
    const began = nowMicros();
    for (const [index, { round, side }] of order(rounds).entries()) {
      note(`round ${round} of ${rounds}, ${side}: ${builds[side].name}${remaining(began, index, 2 * rounds)}`);
      await work.once(builds[side], { seed: seed + round, folder: join(folder, side) }, env.cwd, abort.signal);
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

const lengthText = (rounds: number, { estimate, isLeast = false, shortenedBy }: Work): string => {
  const about = isLeast ? 'at least' : 'about';
  const whole = estimate === undefined ? '' : `: ${about} ${formatDuration(estimate * 2 * rounds)} in all`;
  return `${rounds} ${rounds === 1 ? 'round' : 'rounds'} of both sides${whole}; ${shortenedBy} make it shorter`;
};

function scenarioWork(words: readonly string[], flags: Flags, cwd: string): Work {
  const [name = '', ...more] = words;
  if (more.length > 0) throw usage(`one scenario at a time: what is ${more.join(' ')}?`);
  const scenario = findScenario(name, cwd);
  return {
    ...readAhead(scenario, flags),
    shortenedBy: '--rounds, --only and --quick',
    once: (build, { seed, folder }, ...where) => {
      const args = ['run', scenario, '--repeat', '1', '--seed', String(seed), '--out', folder, ...passedOn(flags)];
      return runOnce(build, args, ...where);
    },
  };
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
 * How long one run of one side takes, microseconds, and whether it has a lab; nothing is known where both sides are other builds,
 * whose files this one need not understand.
 * @throws MQB_SCENARIO for a mistake in the file or in what changes it, before anything is built
 */
function readAhead(file: string, flags: Flags): Pick<Work, 'estimate' | 'inLab'> {
  const { quick, only, brokers, set, head } = flags;
  try {
    const scenario = readScenario(readFileSync(file, 'utf8'), file, { quick, only, brokers, set, repeat: 1 });
    return { estimate: estimateScenarioMicros(scenario, planCells(scenario)), inLab: scenario.lab !== undefined };
  } catch (error) {
    if (head === undefined) throw error;
    return { estimate: undefined, inLab: false };
  }
}

/** Both sides as builds of mqbench. @throws MQB_USAGE */
async function buildSides({ base, head }: Flags, cwd: string): Promise<MakeSides> {
  if (base === undefined)
    throw usage('what was before? Say --base, or --broker-base with --broker-head', 'e.g. mqbench ab --base main demo');
  for (const side of [base, head]) if (side !== undefined) await checkSide(side, cwd);
  return async (disposer, note) => ({
    base: await buildOf(base, cwd, disposer, note),
    head: head === undefined ? thisBuild('this build') : await buildOf(head, cwd, disposer, note),
  });
}

/** Two builds that are called alike are told apart by their sides. */
function namesOf({ base, head }: Record<Side, Build>): { base: string; head: string } {
  if (base.name !== head.name) return { base: base.name, head: head.name };
  return { base: `base (${base.name})`, head: `head (${head.name})` };
}

/** What both sides are told beside scenario, seed and output. */
function passedOn({ quick, only, brokers, set = [] }: Flags): string[] {
  return [
    ...(brokers === undefined ? [] : ['--brokers', brokers.join(',')]),
    ...(quick ? ['--quick'] : []),
    ...(only === undefined ? [] : ['--only', only]),
    ...set.flatMap((change) => ['--set', change]),
  ];
}

function remaining(began: number, done: number, all: number): string {
  return done === 0 ? '' : `; about ${formatDuration(((nowMicros() - began) / done) * (all - done))} to go`;
}
