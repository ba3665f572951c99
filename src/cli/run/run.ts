import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { Command } from 'commander';
import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { defaultWorkers } from '../../base/process/processors.js';
import { wrap } from '../../base/text/wrap.js';
import { formatDuration } from '../../base/units.js';
import { mostSeed, mostWorkers } from '../../plan/limits.js';
import { failures } from '../../report/words/client-errors.js';
import { DoubtNotes } from '../../report/words/doubts.js';
import { ResultStore } from '../../result/store.js';
import type { Cell, Result } from '../../result/types.js';
import { checkIdentities } from '../../run/check-identities.js';
import { type EarlierRun, readEarlier } from '../../run/resume.js';
import { runScenario } from '../../run/run.js';
import { describeScenario } from '../../scenario/describe.js';
import { findScenario, shippedScenarios } from '../../scenario/find.js';
import { readScenario } from '../../scenario/read.js';
import type { ResolvedScenario } from '../../scenario/types.js';
import { type AgentFlags, agentFields } from '../agent/asked.js';
import { agentRows } from '../agent/options.js';
import type { Environment } from '../environment.js';
import { Exit } from '../exit.js';
import { checkScenarioLimits } from '../load/limits.js';
import { usage, whole } from '../options/parsers.js';
import { addOptions, type FlagsOf, group, rows } from '../options/rows.js';
import { type ScenarioFlags, scenarioRows } from '../options/shared.js';
import { ProgressLine } from '../progress-line.js';
import { renderings } from '../renderings.js';
import { showResult } from '../show-result.js';
import { openLive } from './live.js';

const examples = `
Examples:
  mqbench run demo                          the scenario scenarios/demo.yaml
  mqbench run my.yaml --dry-run             what would happen, and how long it takes
  mqbench run demo --only quic              only the cells whose name contains "quic"
  mqbench run demo --set load.clients=1000  one value of the file changed`;

const own = rows({
  repeat: ['--repeat <n>', 'how often each cell runs', whole(1)],
  seed: ['--seed <n>', 'seed of all randomness', whole(0, mostSeed)],
  workers: [
    '--workers <n>',
    'load worker processes (default: processors that may be used - 1, at least 1)',
    whole(1, mostWorkers),
  ],
  out: ['--out <folder>', 'where the result folder is made', undefined, 'results'],
  resume: ['--resume <folder>', 'complete an earlier run: only cells that are missing in its result folder run'],
  dryRun: ['--dry-run', 'say what would happen and how long it takes, then stop'],
  web: ['--web [port]', 'serve a live view of the run on loopback; without a number on a free port', whole(0, 65_535)],
  full: ['--full', 'print every number and every note at the end, not only what fits on one screen'],
  color: ['--no-color', 'no colours at the end'],
});
type RunFlags = FlagsOf<typeof own> & ScenarioFlags & AgentFlags;

/** `mqbench run`: a scenario file from the first check to the result. */
export function command(env: Environment): Command {
  return addOptions(new Command('run'), { ...scenarioRows, ...own, ...group('Many machines', undefined, agentRows) })
    .argument('[scenario]', 'a YAML file, or the name of a scenario that comes with mqbench')
    .addHelpText('after', examples)
    .action((name: string | undefined, flags: RunFlags) => run(env, name, flags));
}

async function run(env: Environment, name: string | undefined, flags: RunFlags): Promise<void> {
  const folder = flags.resume === undefined ? undefined : resolve(env.cwd, flags.resume);
  const earlier = folder === undefined ? undefined : await readEarlier(folder);
  const scenario = earlier ? resumed(earlier, name, flags) : readNew(env, name, flags);
  if (!scenario.agents) checkScenarioLimits(scenario, scenario.workers ?? defaultWorkers());
  checkIdentities(scenario);
  // Before anything is printed: a folder that cannot be written is the answer then, and not the last line of a plan.
  const opening = () =>
    folder ? ResultStore.reopen(folder) : ResultStore.create(resolve(env.cwd, flags.out), scenario.name);
  const store = flags.dryRun ? undefined : await opening();
  env.stdout.write(`${describeScenario(scenario, env.stdout.columns)}\n`);
  if (earlier) {
    const { finished, result } = earlier;
    env.stdout.write(`  Finished already, and kept: ${finished.size} of ${result.planned.length} cells.\n`);
  }
  if (store === undefined) return;

  const live = flags.web === undefined ? undefined : await openLive(env, flags.web, scenario, store.directory);
  const abort = new AbortController();
  const line = new ProgressLine(env.stderr);
  const stopListening = env.onInterrupt((signal) => {
    line.note(`${signal}: stopping; what was measured is kept (Ctrl-C again stops at once)`);
    abort.abort(new MqbenchError('MQB_INTERRUPTED', `interrupted by ${signal}`, { exitCode: exitCodes.interrupted }));
  });
  try {
    const result = await runScenario(scenario, {
      store,
      earlier,
      signal: abort.signal,
      command: env.command,
      watcher: {
        progress: (progress) => {
          line.update(progress);
          live?.progress(progress, line.text);
        },
        cellFinished: (cell) => {
          line.note(cellLine(cell));
          live?.cellFinished();
        },
        note: (text) => line.note(text),
      },
    });
    line.clear();
    // Before anything is written: where the disk is full, the terminal is all that is left.
    const short = relative(env.cwd, store.directory);
    const where = writtenLines(short.startsWith('..') ? store.directory : short, env.stdout.columns, flags.full);
    showResult(env, result, { colour: flags.color, full: flags.full, below: where.length + 1 });
    await store.writeKept();
    for (const { file, load } of reports) await store.writeFile(file, (await load())([result]));
    env.stdout.write(`\n${where.join('\n')}\n`);
    conclude(env, result);
  } finally {
    stopListening();
    await live?.close();
  }
}

/** What of the flags changes the scenario. */
const changes = ({ quick, only, brokers, repeat, seed, set, workers, ...flags }: RunFlags, cwd: string) => ({
  quick,
  only,
  brokers,
  repeat,
  seed,
  set,
  workers,
  agents: agentFields(flags, cwd),
});

function readNew(env: Environment, name: string | undefined, flags: RunFlags): ResolvedScenario {
  if (name === undefined)
    throw usage('which scenario? Give a YAML file or a name', `there are: ${shippedScenarios().join(', ')}`);
  const file = findScenario(name, env.cwd);
  return readScenario(readFileSync(file, 'utf8'), file, changes(flags, env.cwd));
}

/** The scenario of the earlier run is in its result; what would change it cannot be given beside. */
function resumed(earlier: EarlierRun, name: string | undefined, flags: RunFlags): ResolvedScenario {
  const given = Object.entries(changes(flags, '/')).filter(([, value]) => value !== undefined);
  const words = [...(name === undefined ? [] : [`the scenario ${name}`]), ...given.map(([flag]) => `--${flag}`)];
  if (words.length === 0) return earlier.scenario;
  throw usage(`--resume runs what the earlier run left and cannot be given with ${words.join(', ')}`);
}

const reports = Object.values(renderings).flat();

/** What the run leaves, and where all the rest is to be read. */
function writtenLines(folder: string, columns: number, full = false): string[] {
  const files = [...reports.map(({ file }) => file), 'result.json'];
  return [
    `${folder}/report.html`,
    ...wrap(`Beside it: ${files.filter((file) => file !== 'report.html').join(', ')}`, columns, '  '),
    ...(full ? [] : wrap(`Every number and note: mqbench report ${folder} --format text --full`, columns, '  ')),
  ];
}

function conclude(env: Environment, result: Result): void {
  if (result.status === 'interrupted') {
    const finished = result.cells.filter(({ status }) => status === 'finished').length;
    env.stdout.write(
      `Interrupted: finished are ${finished} of ${result.planned.length} cells. Complete it with --resume.\n`,
    );
    throw new Exit(exitCodes.interrupted);
  }
  if (result.status === 'failed' || failures(result.cells).length > 0) throw new Exit(exitCodes.run);
  if (result.cells.length > 0 && result.cells.every(({ status }) => status === 'unsupported')) {
    env.stdout.write('Nothing was measured: no cell is possible here.\n');
    throw new Exit(exitCodes.machine);
  }
  const missed = result.expectations.some(({ outcome }) => outcome === 'missed' || outcome === 'no-data');
  if (missed) throw new Exit(exitCodes.expectation);
}

function cellLine(cell: Cell): string {
  const took = formatDuration(cell.durationMicros);
  if (cell.status !== 'finished') {
    const hint = cell.error?.hint ? `\n    → ${cell.error.hint}` : '';
    return `  ${cell.id}: ${cell.status} after ${took}: ${cell.error?.message ?? ''}${hint}`;
  }
  // As many as the table will have notes: one stands at many numbers.
  const count = new DoubtNotes({ cells: [cell], doubts: [] }).codes().length;
  const doubts = count > 0 ? `, ${count} ${count === 1 ? 'doubt' : 'doubts'}` : '';
  return `  ${cell.id}: done in ${took}${doubts}`;
}
