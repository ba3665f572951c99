import { type Argument, Command } from 'commander';
import { formatDuration } from '../../base/units.js';
import type { EventProof, Place } from '../../lab/contract.js';
import { findLab, labNames, nameFlag, serveLab } from '../../lab/control.js';
import { labKinds } from '../../lab/events/kinds.js';
import { type EventOptions, parseEvent, usageOf } from '../../lab/events/words.js';
import { openLab } from '../../lab/lab.js';
import { namedProfiles } from '../../lab/profiles.js';
import type { Environment } from '../environment.js';
import { collect, oneOf } from '../options/parsers.js';
import { addOptions, argument, type FlagsOf, type OptionRows } from '../options/rows.js';
import { giveJson, isPrinted } from '../options/shared.js';
import { inside } from './inside.js';
import { measure } from './measure.js';
import { eventRows, type LabFlags, labRows, measureRows, specOf, statusRows, upRows } from './options.js';
import { statusText } from './status.js';

const examples = `
Examples:
  mqbench lab up --profile 4g --hold            keep a lab until Ctrl-C; the commands below act on it
  mqbench lab exec server -- mosquitto -c my.conf
  mqbench lab exec client -- mosquitto_pub -h 198.18.0.1 -t a -m hello
  mqbench lab event rebind                      every client appears from another outer address
  mqbench lab shell client --profile wifi       a lab of its own when none is up, gone with the shell`;

/** `mqbench lab`: the damaged network without the load generator. */
export function command(env: Environment): Command {
  const lab = new Command('lab').addHelpText('after', examples);
  const add = (name: string, says: string, options: OptionRows): Command =>
    addOptions(lab.command(name).description(says), options);
  add('up', 'make a lab and hold it until Ctrl-C', { ...labRows, ...upRows }).action((flags: LabFlags) =>
    up(env, flags),
  );
  add('shell', 'open a shell inside the lab that is up; where none is, in a lab made for the shell alone', labRows)
    .addArgument(place('[place]').default('client'))
    .action((where: Place, _: LabFlags, self: Command) => inside(env, self, where, [env.variables.SHELL ?? '/bin/sh']));
  add('exec', 'run a program inside the lab that is up; where none is, in a lab made for the program alone', labRows)
    .addArgument(place('<place>'))
    .argument('<command...>', 'the program and its arguments, after --; its exit code becomes that of mqbench')
    .action((where: Place, command: string[], _: LabFlags, self: Command) => inside(env, self, where, command));
  add('status', 'links, counters and NAT table of the labs that are up', statusRows).action((flags) =>
    status(env, flags),
  );
  add('event', 'make something happen in a lab that is up, and show the proof', eventRows)
    .addArgument(
      argument(
        '<event...>',
        kinds.join(', '),
        Object.assign((text: string, before?: readonly string[]) => collect(text, before), { words: kinds }),
      ),
    )
    .addHelpText('after', `\nEvents:\n${labKinds.map((kind) => `  ${usageOf(kind)}`).join('\n')}`)
    .action((words: string[], flags) => event(env, words, flags));
  add('measure', 'what links really do, one way: delay, jitter, loss, reordering, rate', measureRows)
    .argument('<netem...>', 'a link in the words of tc-netem(8), in quotes; several are measured one after the other')
    .action((texts: string[], flags) => measure(env, texts, flags));
  add('profiles', 'the named networks and where their numbers are from', {}).action(() => {
    for (const { name, source } of namedProfiles().values()) env.stdout.write(`${name.padEnd(12)} ${source}\n`);
  });
  return lab;
}

const kinds = labKinds.map(({ kind }) => kind);
const place = (name: string): Argument =>
  argument(name, 'client, nat or server', oneOf<Place>('client', 'nat', 'server'));

/** Until it is interrupted, or one of the processes that the lab lives on is not there any more. */
async function up(env: Environment, flags: LabFlags): Promise<void> {
  let stopListening = (): void => {};
  const interrupted = new Promise<void>((resolve) => {
    stopListening = env.onInterrupt(() => resolve());
  });
  const lab = await openLab(specOf(env, flags));
  try {
    const unserve = await serveLab(flags.name, lab);
    try {
      env.stdout.write(
        `lab "${flags.name}" is up (${lab.backend}); clients reach the server at ${lab.serverAddress}\n`,
      );
      env.stdout.write(`mqbench lab exec client${nameFlag(flags.name)} -- COMMAND runs in it; Ctrl-C ends it\n`);
      await Promise.race([interrupted, lab.failed]);
    } finally {
      unserve();
    }
  } finally {
    for (const failure of await lab.close()) env.stderr.write(`mqbench: ${failure}\n`);
    stopListening();
  }
}

async function status(env: Environment, flags: FlagsOf<typeof statusRows>): Promise<void> {
  const names = flags.name === undefined ? await labNames() : [flags.name];
  const all = await Promise.all(names.map(async (name) => (await findLab(name)).status()));
  await giveJson(env, flags.json, all);
  if (isPrinted(flags.json)) return;
  if (all.length === 0) env.stdout.write('no lab is up; start one: mqbench lab up --profile 4g --hold\n');
  for (const one of all) env.stdout.write(statusText(one));
}

async function event(
  env: Environment,
  words: readonly string[],
  flags: { name: string } & EventOptions,
): Promise<void> {
  const wanted = parseEvent(words, flags);
  env.stdout.write(proofText(await (await findLab(flags.name)).event(wanted)));
}

function proofText({ kind, tookMicros, facts }: EventProof): string {
  const lines = Object.entries(facts).map(([name, value]) => {
    const values = [value].flat();
    const shown = values.slice(0, 4).join(', ') + (values.length > 4 ? `, … (${values.length})` : '');
    return `  ${name.padEnd(16)} ${shown}\n`;
  });
  return `${kind}: done in ${formatDuration(tookMicros)}\n${lines.join('')}`;
}
