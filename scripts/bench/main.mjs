// The benchmark: what is asked for is measured section by section, and every row is printed and kept as soon as it is known.
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { sectionsFor, timesOf, usualRounds } from './groups.mjs';
import { Journal } from './journal.mjs';
import { comparedWith, judge, slowerThan } from './judge.mjs';
import { machineName, machineSince, measureMachine, readAll, sayMachine } from './machine/machine.mjs';
import { help, readOptions } from './options.mjs';
import { find, peers } from './peers/programs.mjs';
import { Lines } from './print.mjs';
import { measureSection, secondsOf } from './run.mjs';

const here = fileURLToPath(new URL('../../', import.meta.url));
const gaugeSeconds = 3;
const interruptedCode = 5;

const say = (text) => process.stderr.write(`${text}\n`);
const print = (text) => process.stdout.write(`${text}\n`);

function commitOf(folder) {
  const git = (...args) =>
    execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no').trim() !== '';
    return `${git('rev-parse', '--short', 'HEAD').trim()}${changed ? ' with changes' : ''}`;
  } catch {
    return 'unknown'; // not a checkout
  }
}

function usage(error) {
  say(`${error.message}\nscripts/bench.sh --help says what there is.`);
  process.exit(2);
}

async function asked() {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options.help) {
      print(help);
      process.exit(0);
    }
    return { options, sections: await sectionsFor(options.only, timesOf(options.quick)) };
  } catch (error) {
    return usage(error);
  }
}

const { options, sections } = await asked();
const builds = { ...(options.build === undefined ? {} : { before: options.build }), after: undefined };
const two = options.build !== undefined;
const absent = peers.filter((peer) => find(peer) === undefined);
const roundsOf = ({ group }) => Math.max(options.rounds ?? usualRounds(group), two ? 2 : 1);
const commits = Object.fromEntries(Object.entries(builds).map(([name, folder]) => [name, commitOf(folder ?? here)]));
const journal = new Journal(options.json, {
  ...{ at: new Date().toISOString(), machine: machineName(), commits, quick: options.quick },
  absent,
});

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stopping.abort());
const signal = stopping.signal;

const minutes = (seconds) => `about ${Math.max(1, Math.round(seconds / 60))} min`;
const whole = secondsOf(sections, roundsOf, Object.keys(builds).length, absent) + 2 * gaugeSeconds;
say(
  `${minutes(whole)}; the result is kept in ${options.json}${absent.length > 0 ? `; not here: ${absent.join(', ')}` : ''}`,
);

const lines = new Lines({ two, against: options.earlier !== undefined });
const began = readAll();
journal.gauge('before', await measureMachine());
const { gauge } = journal.result;
say(`machine before: ${sayMachine(gauge.before)}`);
print(lines.head());

function finishRows(section) {
  const samples = journal.result.samples.filter((sample) => sample.section === section.full);
  for (const each of section.rows) {
    const row = judge(each, section, samples, Object.keys(builds), absent);
    journal.row(row);
    print(lines.row(row, options.earlier && comparedWith(row, options.earlier, gauge)));
  }
}

for (const [i, section] of sections.entries()) {
  const rounds = roundsOf(section);
  const rest = secondsOf(sections.slice(i), roundsOf, Object.keys(builds).length, absent);
  await measureSection(section, {
    ...{ rounds, builds, absent, signal },
    onBegin: ({ name, build, round }) =>
      say(`${section.full} ${round + 1}/${rounds}: ${name}${two ? ` (${build})` : ''} … ${minutes(rest)} left`),
    onSample: (sample) => {
      journal.sample(sample);
      if (sample.failed !== undefined) say(`  failed: ${sample.failed}`);
    },
  });
  if (signal.aborted) break;
  finishRows(section);
}

const over = { ...machineSince(began), interrupted: signal.aborted };
if (!signal.aborted) journal.gauge('after', await measureMachine());
print(`\nmachine before: ${sayMachine(gauge.before)}`);
if (gauge.after !== undefined) print(`machine after: ${sayMachine(gauge.after)}`);
print(`over the whole run the hypervisor took ${(over.stolen * 100).toFixed(1)} %`);
if (options.earlier !== undefined) {
  print(
    `this machine is ${slowerThan(options.earlier, gauge).toFixed(2)} times as slow as that of ${options.earlier.at}`,
  );
}
const said = two ? `before ${commits.before}, after ${commits.after}` : `commit ${commits.after}`;
print(
  `${journal.result.at.slice(0, 16).replace('T', ' ')} UTC, ${said}; ${machineName()}; loopback${options.quick ? '; --quick' : ''}`,
);
if (signal.aborted) {
  journal.write();
  say(`interrupted; what was finished is kept in ${options.json}`);
  process.exitCode = interruptedCode;
} else {
  journal.finish({ over });
  process.exitCode = journal.result.rows.some(({ state }) => state === 'failed') ? 1 : 0;
}
