import { isAbsolute, resolve } from 'node:path';
import type { Disposer } from '../../base/disposer.js';
import { MqbenchError } from '../../base/errors.js';
import { onPath, spawnHere } from '../../base/process/child.js';
import { commandWords } from '../../base/text/command-line.js';
import { type PresetName, presetNames, presets } from '../../scenario/brokers/presets.js';
import type { Described } from '../../scenario/resolve/brokers.js';
import { type TransportName, transportNames } from '../../transport/contract.js';
import { list, usage, whole } from '../options/parsers.js';
import { type FlagsOf, rows } from '../options/rows.js';
import { type Build, checkOut, commitOf, thisBuild } from './builds.js';
import type { Side } from './rounds.js';

/** What makes the sides of a comparison of brokers. */
export const brokerRows = rows({
  brokerBase: ['--broker-base <broker>', 'your broker as it was: a command line, PRESET, PRESET=PROGRAM, or a git ref'],
  brokerHead: ['--broker-head <broker>', 'your broker as it is now, likewise'],
  broker: ['--broker <command>', 'how a broker of a git ref is started: a command line or PRESET=PROGRAM, with {tree}'],
  brokerBuild: ['--broker-build <command>', 'builds a git ref in its checkout, by sh, e.g. "make -j2"'],
  brokerListens: [
    '--broker-listens <transport=port>',
    'where a command line listens, with commas (default: each {port.TRANSPORT} in it, else tcp=1883)',
    listensOf,
  ],
});
type BrokerFlags = FlagsOf<typeof brokerRows> & {
  readonly base?: string;
  readonly head?: string;
  readonly brokers?: readonly string[];
};

/** Makes what takes part; the disposer removes it. */
export type MakeSides = (disposer: Disposer, note: (line: string) => void) => Promise<Record<Side, Build>>;

export const isOfBrokers = ({ brokerBase, brokerHead, broker, brokerBuild }: BrokerFlags): boolean =>
  [brokerBase, brokerHead, broker, brokerBuild].some((flag) => flag !== undefined);

/**
 * Both sides as brokers, against which this mqbench runs the scenario.
 * @throws MQB_USAGE for what is no broker, before anything is built
 */
export async function brokerSides(flags: BrokerFlags, cwd: string): Promise<MakeSides> {
  const { brokerBase: base, brokerHead: head, broker, brokerBuild, brokerListens } = flags;
  for (const name of ['base', 'head', 'brokers'] as const)
    if (flags[name] !== undefined) throw usage(`--${name} cannot be given with --broker-base: the sides are brokers`);
  if (base === undefined || head === undefined)
    throw usage(
      'a comparison of brokers needs --broker-base and --broker-head',
      'e.g. --broker-base main --broker-head HEAD',
    );
  const commits = { base: await commitOf(base, cwd), head: await commitOf(head, cwd) };
  const isRef = (side: Side): boolean => commits[side] !== undefined && presetOf({ base, head }[side]) === undefined;
  if ((isRef('base') || isRef('head')) && broker === undefined)
    throw usage(
      'a git ref needs --broker: how what was built from it is started',
      'e.g. --broker "mosquitto={tree}/src/mosquitto", or --broker "{tree}/bin/broker --port {port.tcp}"',
    );
  if (!isRef('base') && !isRef('head') && (broker !== undefined || brokerBuild !== undefined))
    throw usage(`${broker === undefined ? '--broker-build' : '--broker'} is for git refs, and neither side is one`);
  for (const side of ['base', 'head'] as const) if (!isRef(side)) checkProgram({ base, head }[side], cwd);
  return async (disposer, note) => {
    const make = async (side: Side): Promise<Build> => {
      const text = { base, head }[side];
      const commit = commits[side];
      if (!isRef(side) || commit === undefined) return againstBroker(text, brokerOf(text, cwd, brokerListens));
      const name = `${text} (${commit.slice(0, 10)})`;
      note(`building ${name} …`);
      const tree = await built(name, commit, brokerBuild, { cwd, disposer });
      return againstBroker(name, brokerOf((broker as string).replaceAll('{tree}', tree), tree, brokerListens));
    };
    return { base: await make('base'), head: await make('head') };
  };
}

/** This mqbench, with a broker in the place of those of the scenario. Both sides call theirs alike, so that their cells meet. */
function againstBroker(name: string, broker: Described): Build {
  return { ...thisBuild(name), more: ['--set', `brokers=${JSON.stringify([broker])}`], broker };
}

async function built(
  name: string,
  commit: string,
  command: string | undefined,
  { cwd, disposer }: { readonly cwd: string; readonly disposer: Disposer },
): Promise<string> {
  const { tree } = await checkOut(commit, cwd, disposer);
  if (command === undefined) return tree;
  const said = await failureOf(command, tree);
  if (said === undefined) return tree;
  throw new MqbenchError('MQB_AB_BUILD', `cannot build ${name}: "${command}" ${said}`, {
    hint: 'build both sides yourself, and give the commands that start them',
  });
}

/** Runs a command of the user's by sh. @returns how it ended, with the last of what it said; undefined: well */
function failureOf(command: string, cwd: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawnHere('sh', ['-c', command], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-4000);
      });
    child.once('error', (error) => resolve(`cannot be run: ${error.message}`));
    child.once('close', (code, signal) => {
      const lines = said.trimEnd().split('\n').slice(-10).join('\n    ');
      resolve(code === 0 ? undefined : `ended with ${signal ?? code}${lines === '' ? '' : `:\n    ${lines}`}`);
    });
  });
}

/** Of `mosquitto` or `mosquitto=/opt/old/mosquitto`. */
function presetOf(text: string): { readonly preset: PresetName; readonly program?: string } | undefined {
  const [name, ...program] = text.split('=');
  const preset = presetNames.find((one) => one === name);
  if (preset === undefined) return undefined;
  return program.length === 0 ? { preset } : { preset, program: program.join('=') };
}

/** What a scenario file would say of it. */
function brokerOf(text: string, cwd: string, listens = listensIn(text)): Described {
  const preset = presetOf(text);
  if (preset === undefined) return { name: 'broker', command: withProgramAt(text, cwd), listens };
  const { program } = preset;
  return {
    name: 'broker',
    preset: preset.preset,
    ...(program === undefined ? {} : { program: programAt(program, cwd) }),
  };
}

/** Of a path that is relative, where it is: the broker runs in a folder of its own. */
const programAt = (program: string, cwd: string): string =>
  program.includes('/') && !isAbsolute(program) ? resolve(cwd, program) : program;

const withProgramAt = (text: string, cwd: string): string => {
  const [program = '', ...args] = commandWords(text) ?? [];
  return [programAt(program, cwd), ...args]
    .map((word) => (/[\s"']/.test(word) ? JSON.stringify(word) : word))
    .join(' ');
};

/** @throws MQB_USAGE for a text that is neither a git ref nor a preset nor a program that there is */
function checkProgram(text: string, cwd: string): void {
  const preset = presetOf(text);
  const [first] = commandWords(text) ?? [];
  const candidates = preset
    ? preset.program === undefined
      ? presets[preset.preset].program
      : [preset.program]
    : [first ?? ''];
  if (candidates.some((one) => onPath(programAt(one, cwd)) !== undefined)) return;
  throw usage(
    `neither a git ref of this repository nor a program: ${preset ? candidates[0] : text}`,
    preset?.program === undefined && preset ? presets[preset.preset].hint : `presets: ${presetNames.join(', ')}`,
  );
}

/** The transports that a command line names a port of. */
function listensIn(text: string): Partial<Record<TransportName, number | 'free'>> {
  const named = transportNames.filter((transport) => text.includes(`{port.${transport}}`));
  if (named.length === 0) return { tcp: 1883 };
  return Object.fromEntries(named.map((transport) => [transport, 'free' as const]));
}

/** `tcp=1883,tls=8883` */
function listensOf(text: string): Partial<Record<TransportName, number>> {
  const entries = list(text).map((part) => {
    const [transport, port = ''] = part.split('=');
    if (!transportNames.some((one) => one === transport))
      throw usage(`there is no transport ${transport}: ${transportNames.join(', ')}`);
    return [transport, whole(1, 65_535)(port)];
  });
  return Object.fromEntries(entries);
}
