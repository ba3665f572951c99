import type { Disposer } from '../../base/disposer.js';
import { MqbenchError } from '../../base/errors.js';
import { spawnHere } from '../../base/process/child.js';
import { findImage } from '../../run/brokers/container/image.js';
import { usage } from '../options/parsers.js';
import { type FlagsOf, rows } from '../options/rows.js';
import { type Build, checkOut, commitOf, thisBuild } from './builds.js';
import { checkBroker, describedAs, imageOf, type Listens, listensOf, presetOf } from './described.js';
import type { Side } from './rounds.js';

/** What makes the sides of a comparison of brokers. */
export const brokerRows = rows({
  brokerBase: [
    '--broker-base <broker>',
    'your broker as it was: a command line, image:NAME, PRESET, PRESET=PROGRAM, PRESET=image:NAME, or a git ref',
  ],
  brokerHead: ['--broker-head <broker>', 'your broker as it is now, likewise'],
  broker: [
    '--broker <broker>',
    'how a broker of a git ref is started: a command line, an image or PRESET=PROGRAM, with {tree} or {commit}',
  ],
  brokerBuild: [
    '--broker-build <command>',
    'builds a git ref in its checkout, by sh, e.g. "make -j2"; {commit} is its commit',
  ],
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
 * @param where inLab: they run in the network of a lab
 * @throws MQB_USAGE for what is no broker, and MQB_IMAGE for an image that cannot be run, before anything is built
 */
export async function brokerSides(
  flags: BrokerFlags,
  cwd: string,
  where: { readonly inLab: boolean },
): Promise<MakeSides> {
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
  if (broker !== undefined && imageOf(broker) !== undefined && !imageOf(broker)?.includes('{commit}'))
    throw usage(
      `--broker ${broker} would be the same image on both sides`,
      'build it under a name with {commit}: --broker-build "podman build -t my/broker:{commit} ." --broker image:my/broker:{commit}',
    );
  for (const side of ['base', 'head'] as const) if (!isRef(side)) await checkBroker({ base, head }[side], cwd, where);
  return async (disposer, note) => {
    const make = async (side: Side): Promise<Build> => {
      const text = { base, head }[side];
      const commit = commits[side];
      if (!isRef(side) || commit === undefined) return againstBroker(text, text, { cwd, brokerListens, ...where });
      const name = `${text} (${commit.slice(0, 10)})`;
      note(`building ${name} …`);
      const tree = await built(name, commit, brokerBuild, { cwd, disposer });
      const started = (broker as string).replaceAll('{tree}', tree).replaceAll('{commit}', commit);
      return againstBroker(name, started, { cwd: tree, brokerListens, ...where });
    };
    return { base: await make('base'), head: await make('head') };
  };
}

/**
 * This mqbench, with a broker in the place of those of the scenario. Both sides call theirs alike, so that their cells meet.
 * @param name of the side; a tag may be moved, so an image's id is said with it
 * @throws MQB_IMAGE
 */
async function againstBroker(
  name: string,
  text: string,
  where: { readonly cwd: string; readonly inLab: boolean; readonly brokerListens: Listens | undefined },
): Promise<Build> {
  const broker = describedAs(text, where.cwd, where.brokerListens);
  const id = broker.image === undefined ? undefined : (await findImage(broker.image, where.inLab)).id;
  const build = thisBuild(id === undefined ? name : `${name} (${id.slice(0, 19)})`);
  return { ...build, more: ['--set', `brokers=${JSON.stringify([broker])}`], broker };
}

async function built(
  name: string,
  commit: string,
  command: string | undefined,
  { cwd, disposer }: { readonly cwd: string; readonly disposer: Disposer },
): Promise<string> {
  const { tree } = await checkOut(commit, cwd, disposer);
  if (command === undefined) return tree;
  const said = await failureOf(command.replaceAll('{commit}', commit), tree);
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
