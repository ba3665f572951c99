import { messageOf } from '../../base/errors.js';
import { commandWords } from '../../base/text/command-line.js';
import type { TransportName } from '../../transport/contract.js';
import { parseBrokerUrl, schemes } from '../../transport/url.js';
import { included, type PresetName, presets } from '../brokers/presets.js';
import type { CommandBroker, OtherBroker, Preset, RemoteBroker } from '../brokers/spec.js';
import type { BrokerInput } from '../language/broker.js';
import { Mistakes, scenarioError } from '../language/mistakes.js';
import type { ScenarioInput } from '../language/schema.js';
import type { YamlPath } from '../language/source.js';
import type { ResolvedArm } from '../types.js';

export type Described = Exclude<BrokerInput, string>;
type Wrong = (field: string, message: string) => void;

/** A broker of the matrix: one of others, or mqbench's own. */
export interface Contender {
  readonly name: string;
  /** Undefined: mqbench's own. */
  readonly other: OtherBroker | undefined;
}

const usualReadyWithin = 30e6;

/**
 * One that is started on this host, as a scenario without a lab would have it.
 * @throws MQB_SCENARIO for what it cannot be
 */
export function brokerHere(input: Described): CommandBroker {
  const mistakes = new Mistakes();
  const { other } = contenderOf(input, [], false, mistakes);
  const texts = mistakes.texts();
  if (texts.length > 0) throw scenarioError('the command line', texts);
  return other as CommandBroker;
}

/** What arms are played against, in the order of the file; undefined: what names none is played against our own alone. */
export function resolveBrokers(
  inputs: readonly BrokerInput[] | undefined,
  hasLab: boolean,
  mistakes: Mistakes,
): Contender[] {
  if (inputs === undefined) return [{ name: included, other: undefined }];
  const names = new Set<string>();
  return inputs.map((input, index) => {
    const contender = contenderOf(input, ['brokers', index], hasLab, mistakes);
    const { name } = contender;
    if (names.has(name)) mistakes.add(['brokers', index], `two brokers are called "${name}"; give one of them a name`);
    names.add(name);
    return contender;
  });
}

function contenderOf(input: BrokerInput, path: YamlPath, hasLab: boolean, mistakes: Mistakes): Contender {
  if (input === included) return { name: included, other: undefined };
  const described: Described = typeof input === 'string' ? { preset: input as PresetName } : input;
  const wrong: Wrong = (field, message) => mistakes.add([...path, ...(field === '' ? [] : [field])], message);
  const { preset, image, command, url } = described;
  const name = described.name ?? preset ?? '';
  if (name === '') wrong('', 'needs a name, for tables and expectations');
  const given = Object.entries({ preset, image, command, url }).filter(([, value]) => value !== undefined);
  const isStarted = url === undefined && given.length > 0;
  if (given.length === 0) wrong('', 'needs one of preset, image, command and url');
  if (given.length > 1 && !isStarted) wrong('url', `is a broker that runs already: leave ${given[0]?.[0]} out`);
  refuseAll(
    described,
    url === undefined ? ofUrl : ofCommand,
    url === undefined ? 'url' : 'preset, image or command',
    wrong,
  );
  const other = url ? remote(name, described, hasLab, wrong) : started(name, described, hasLab, wrong);
  return { name, other };
}

const ofUrl = ['ca', 'insecure', 'username', 'password'] as const;
const ofCommand = ['program', 'config', 'files', 'env', 'listens', 'readyWithin'] as const;

function refuseAll(described: Described, fields: readonly (keyof Described)[], of: string, wrong: Wrong): void {
  for (const field of fields) if (described[field] !== undefined) wrong(field, `belongs to a broker with ${of}`);
}

/** The broker that a preset, an image or a command starts. */
function started(name: string, described: Described, hasLab: boolean, wrong: Wrong): CommandBroker {
  const { inImage, imageNeeded, ...usual }: Partial<Preset> = described.preset ? presets[described.preset] : {};
  const { program, config, files, readyWithin, image } = described;
  const preset: Partial<Preset> = image === undefined ? usual : { ...usual, ...inImage };
  const command = described.command ?? preset.command ?? '';
  if (program !== undefined && described.preset === undefined)
    wrong('program', `is of a preset; here ${image ? 'the image says it' : 'it is the first word of command'}`);
  if (described.command !== undefined && commandWords(command) === undefined)
    wrong('command', `"${command}" has a quote that is not closed`);
  if (image === undefined && imageNeeded !== undefined) wrong('image', `is needed: ${imageNeeded}`);
  if (image !== undefined && !/^[a-z0-9]\S*$/.test(image)) wrong('image', `"${image}" is no name of an image`);
  const listens = described.listens ?? preset.listens ?? {};
  if (Object.keys(listens).length === 0 && (described.command !== undefined || image !== undefined))
    wrong('listens', 'is needed: which transports it speaks, and on which port, e.g. { tcp: 1883 }');
  const env = { ...preset.env, ...described.env };
  return {
    ...preset,
    kind: 'command',
    name,
    ...(image === undefined ? {} : { image }),
    command,
    program: program === undefined ? preset.program : [program],
    config: config ?? preset.config,
    files: files ?? preset.files,
    env: Object.keys(env).length > 0 ? env : undefined,
    // On this host its usual ports may be somebody's.
    listens: hasLab || described.listens ? listens : anyPort(listens),
    readyWithinMicros: readyWithin ?? preset.readyWithinMicros ?? usualReadyWithin,
  };
}

const anyPort = (listens: CommandBroker['listens']): CommandBroker['listens'] =>
  Object.fromEntries(Object.keys(listens).map((transport) => [transport, 'free']));

/** The broker that runs elsewhere. */
function remote(name: string, { url = {}, ...described }: Described, hasLab: boolean, wrong: Wrong): RemoteBroker {
  const { ca, insecure, username, password } = described;
  const addresses = Object.entries(url).flatMap(([transport, text]) => {
    try {
      const { transport: spoken, host, port, path, username: user } = parseBrokerUrl(text as string);
      if (spoken !== transport) wrong('url', `${transport}: ${text} is not ${schemes[transport as TransportName]}://`);
      if (user !== undefined) wrong('url', `${transport}: the user is said with username and password, not in the URL`);
      if (hasLab && /^(localhost|127\.|::1$)/.test(host))
        wrong(
          'url',
          `${transport}: ${host} is the lab itself, seen from there: give an address that other machines reach`,
        );
      return [[transport, { host, port, path }]];
    } catch (error) {
      wrong('url', messageOf(error));
      return [];
    }
  });
  if (Object.keys(url).length === 0) wrong('url', 'names no transport, e.g. { tcp: mqtt://broker.example }');
  const passwordVariable = password?.slice(1);
  return { kind: 'url', name, addresses: Object.fromEntries(addresses), ca, insecure, username, passwordVariable };
}

/**
 * Every arm against every broker. With several the broker's name comes before the arm's; with one the arms keep their
 * names, so that what a file expects of them stays true of them.
 */
export function againstBrokers(arms: readonly ResolvedArm[], brokers: readonly Contender[]): ResolvedArm[] {
  return arms.flatMap((arm) =>
    brokers.map(({ name, other }) => ({
      ...arm,
      ...(brokers.length > 1 ? { name: `${name}-${arm.name}`, base: arm.name } : {}),
      ...(other ? { broker: other } : {}),
    })),
  );
}

/** A certificate of clients is for brokers that ask for one. */
export function checkCertificates(
  arms: readonly ResolvedArm[],
  brokers: readonly Contender[],
  mistakes: Mistakes,
): void {
  if (brokers.every(({ other }) => other !== undefined)) return;
  for (const [index, { tls }] of arms.entries())
    if (tls?.cert !== undefined)
      mistakes.add(
        ['arms', index, 'tls', 'cert'],
        'needs brokers of others: the included one asks for no certificate in a scenario, so that nobody would look at it',
      );
}

/** Pre-shared keys are for brokers that are told of them, and whoever ends TLS in front of one has certificates. */
export function checkKeys(
  { load, fleets = [], arms }: Pick<ScenarioInput, 'load' | 'fleets' | 'arms'>,
  brokers: readonly Contender[],
  mistakes: Mistakes,
): void {
  const places = [load, ...fleets].flatMap(({ psk }, index): YamlPath[] =>
    psk === undefined ? [] : [index === 0 ? ['load'] : ['fleets', index - 1]],
  );
  if (places.length === 0) return;
  const wrong = (place: YamlPath, says: string): void => mistakes.add([...place, 'psk'], says);
  for (const place of places) {
    if (brokers.some(({ other }) => other?.kind === 'url'))
      wrong(place, 'is not for brokers with a url, which are asked for what they offer with certificates');
    if (load.psk === undefined && places.length < fleets.length && brokers.some(({ other }) => other === undefined))
      wrong(
        place,
        'is of this fleet only, and the included broker has either keys or a certificate at a listener: say it in load',
      );
  }
  for (const [index, { terminator }] of arms.entries())
    if (terminator !== 'broker')
      mistakes.add(
        ['arms', index, 'terminator'],
        `${terminator} ends TLS with a certificate, and psk has keys instead`,
      );
}
