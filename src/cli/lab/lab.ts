import { Command, InvalidArgumentError, Option } from 'commander';
import { nearest } from '../../base/text/nearest.js';
import { formatDuration } from '../../base/units.js';
import type { EventProof, Place } from '../../lab/contract.js';
import { defaultLabName, findLab, labNames, nameFlag, serveLab } from '../../lab/control.js';
import { labKinds } from '../../lab/events/kinds.js';
import { type EventOptions, eventOptions, parseEvent, usageOf } from '../../lab/events/words.js';
import { openLab } from '../../lab/lab.js';
import { namedProfiles } from '../../lab/profiles.js';
import type { Environment } from '../environment.js';
import { whole } from '../parsers.js';
import { inside } from './inside.js';
import { measure } from './measure.js';
import { type LabFlags, labOptions, specOf } from './options.js';
import { statusText } from './status.js';

export const places: readonly Place[] = ['client', 'nat', 'server'];

const examples = `
Examples:
  mqbench lab up --profile 4g --hold            keep a lab until Ctrl-C; the commands below act on it
  mqbench lab exec server -- mosquitto -c my.conf
  mqbench lab exec client -- mosquitto_pub -h 198.18.0.1 -t a -m hello
  mqbench lab event rebind                      every client appears from another outer address
  mqbench lab shell client --profile wifi       a lab of its own when none is up, gone with the shell`;

/** `mqbench lab`: the damaged network without the load generator. */
export function labCommand(env: Environment): Command {
  const lab = new Command('lab')
    .addHelpText('after', examples)
    .configureOutput({ writeOut: (text) => env.stdout.write(text), writeErr: (text) => env.stderr.write(text) })
    .exitOverride();
  const add = (command: Command): Command => {
    lab.addCommand(command.copyInheritedSettings(lab).helpOption('--help', 'show this help'));
    return command;
  };
  add(labOptions(new Command('up')))
    .description('make a lab and hold it until Ctrl-C')
    .option(
      '--hold',
      'hold the lab until it is interrupted; that is the default, and the option only says so in scripts',
    )
    .action((flags: LabFlags) => up(env, flags));
  add(labOptions(new Command('shell')))
    .description('open a shell inside the lab that is up; where none is, in a lab made for the shell alone')
    .argument('[place]', 'client, nat or server', placeOf, 'client')
    .action((place: Place, _: LabFlags, self: Command) => inside(env, self, place, [env.variables.SHELL ?? '/bin/sh']));
  add(labOptions(new Command('exec')))
    .description('run a program inside the lab that is up; where none is, in a lab made for the program alone')
    .argument('<place>', 'client, nat or server', placeOf)
    .argument('<command...>', 'the program and its arguments, after --; its exit code becomes that of mqbench')
    .action((place: Place, command: string[], _: LabFlags, self: Command) => inside(env, self, place, command));
  add(new Command('status'))
    .description('links, counters and NAT table of the labs that are up')
    .option('--name <name>', 'only the lab of this name')
    .addOption(new Option('--json', 'as JSON'))
    .action((flags: { name?: string; json?: boolean }) => status(env, flags));
  addEvent(add(new Command('event'))).action((words: string[], flags) => event(env, words, flags));
  add(new Command('measure'))
    .description('what links really do, one way: delay, jitter, loss, reordering, rate')
    .argument('<netem...>', 'a link in the words of tc-netem(8), in quotes; several are measured one after the other')
    .addOption(
      new Option('--backend <name>', 'netem or tun (default: netem where the kernel has it)').choices(['netem', 'tun']),
    )
    .option('--packets <n>', 'datagrams sent over each link, one every 2 ms', whole(1, 1_000_000), 1000)
    .option('--json', 'as JSON')
    .action((texts: string[], flags) => measure(env, texts, flags));
  add(new Command('profiles'))
    .description('the named networks and where their numbers are from')
    .action(() => profiles(env));
  return lab;
}

function addEvent(command: Command): Command {
  command
    .description('make something happen in a lab that is up, and show the proof')
    .argument('<event...>', labKinds.map(({ kind }) => kind).join(', '))
    .option('--name <name>', 'name of the lab', defaultLabName)
    .addHelpText('after', `\nEvents:\n${labKinds.map((kind) => `  ${usageOf(kind)}`).join('\n')}`);
  for (const { name, unit, description, example, choices, kinds } of eventOptions()) {
    const says = description.charAt(0).toLowerCase() + description.slice(1, -1);
    const like = choices ? `; one of ${choices.join(', ')}` : `, e.g. ${example}`;
    command.option(`--${name} <${choices ? name : unit}>`, `${says}${like} (${kinds.join(', ')})`);
  }
  return command;
}

function placeOf(text: string): Place {
  const place = places.find((one) => one === text);
  const near = nearest(text, places);
  if (!place)
    throw new InvalidArgumentError(`It is one of ${places.join(', ')}.${near ? ` Did you mean ${near}?` : ''}`);
  return place;
}

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

async function status(env: Environment, flags: { name?: string; json?: boolean }): Promise<void> {
  const names = flags.name === undefined ? await labNames() : [flags.name];
  const all = await Promise.all(names.map(async (name) => (await findLab(name)).status()));
  if (flags.json) {
    env.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
    return;
  }
  if (all.length === 0) env.stdout.write('no lab is up; start one: mqbench lab up --profile 4g --hold\n');
  for (const one of all) env.stdout.write(statusText(one));
}

async function event(
  env: Environment,
  words: readonly string[],
  flags: { readonly name: string } & EventOptions,
): Promise<void> {
  const wanted = parseEvent(words, flags);
  const proof = await (await findLab(flags.name)).event(wanted);
  env.stdout.write(proofText(proof));
}

function proofText({ kind, tookMicros, facts }: EventProof): string {
  const lines = Object.entries(facts).map(([name, value]) => {
    const values = [value].flat();
    const shown = values.slice(0, 4).join(', ') + (values.length > 4 ? `, … (${values.length})` : '');
    return `  ${name.padEnd(16)} ${shown}\n`;
  });
  return `${kind}: done in ${formatDuration(tookMicros)}\n${lines.join('')}`;
}

function profiles(env: Environment): void {
  for (const { name, source } of namedProfiles().values()) env.stdout.write(`${name.padEnd(12)} ${source}\n`);
}
