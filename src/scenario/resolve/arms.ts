import { resolve } from 'node:path';
import { definedOf } from '../../base/own.js';
import { firstWords } from '../../expect/names.js';
import type { Asked, Door, Levels, Setting } from '../../plan/asked.js';
import { check } from '../../plan/check.js';
import { isEncrypted } from '../../transport/contract.js';
import { type ArmInput, defaultName } from '../language/arm.js';
import type { Mistakes } from '../language/mistakes.js';
import type { ResolvedArm } from '../types.js';

/**
 * The arms with every default filled in; what a transport cannot do is a mistake.
 * @param load what of the load not every transport carries @param folder that files are seen from
 */
export function resolveArms(
  inputs: readonly ArmInput[],
  load: Levels,
  folder: string,
  mistakes: Mistakes,
): ResolvedArm[] {
  const names = new Set<string>();
  return inputs.map((input, index) => {
    const { transport, name = defaultName(input), tlsVersion = '1.3' } = input;
    checkArm(input, index, load, mistakes);
    if (names.has(name)) mistakes.add(['arms', index], `two arms are called "${name}"; give one of them a name`);
    if (firstWords.has(name)) {
      const message = `"${name}" begins the names of metrics; expectations could not tell them apart`;
      mistakes.add(['arms', index, 'name'], message);
    }
    names.add(name);
    const tls = input.tls && { ...input.tls, ...filesOf(input.tls, folder) };
    return { ...input, ...(tls && { tls }), name, tlsVersion: isEncrypted(transport) ? tlsVersion : undefined };
  });
}

function checkArm(input: ArmInput, index: number, load: Levels, mistakes: Mistakes): void {
  const wrong = (field: string, message: string): void => mistakes.add(['arms', index, ...field.split('.')], message);
  const { transport, earlyData, resumption, terminator } = input;
  for (const { at, says, text } of check(askedOfArm(load, input), armDoor)) {
    // What the load asks for and this arm cannot give is told at the arm's own field.
    if (at === 'pskFile') wrong('transport', `${armDoor.name(at)} ${says}`);
    else if (at in ofLoad) wrong(input.datagrams ? 'datagrams' : 'streams', `${armDoor.name(at)} ${says}`);
    else wrong(places[at] ?? at, text === undefined ? says : `"${text}" ${says}`);
  }
  checkHeaders(input, wrong);
  if (earlyData !== undefined && resumption !== 'early-data')
    wrong('earlyData', 'is about early data, which only resumption: early-data sends');
  if (terminator === 'nginx' && transport !== 'tls')
    wrong('terminator', 'nginx ends TLS over TCP only (transport: tls)');
  if (terminator === 'gateway' && transport === 'tcp')
    wrong('terminator', 'clients over TCP reach the broker without a gateway');
  if (terminator === 'gateway' && (earlyData === 'accept' || resumption === 'early-data'))
    wrong('terminator', 'the gateway takes no early data: only a broker can say what a replay would do');
}

/** An arm in the settings that src/plan/check.ts knows. */
function askedOfArm(load: Levels, { tls, ws, ...input }: ArmInput): Asked {
  return { ...load, ...input, ...tls, path: ws?.path, headers: ws?.headers && Object.entries(ws.headers) };
}

const filesOf = (tls: NonNullable<ArmInput['tls']>, folder: string) =>
  definedOf({ cert: tls.cert && resolve(folder, tls.cert), key: tls.key && resolve(folder, tls.key) });

/** A value that is the name of a variable. */
const variable = /^\$[A-Za-z_]\w*$/;
const secrets = /^(authorization|proxy-authorization|cookie)$/i;

/** What stands in the file stands in the result, too. */
function checkHeaders({ ws }: ArmInput, wrong: (field: string, message: string) => void): void {
  for (const [name, value] of Object.entries(ws?.headers ?? {}))
    if (secrets.test(name) && !variable.test(value))
      wrong(`ws.headers.${name}`, 'would stand in the result: write $NAME, and set that variable to the whole value');
}

/** Where in an arm a setting is written that is not called as in the plan. */
const places: Partial<Record<Setting, string>> = {
  ...{ ciphers: 'tls.ciphers', signatureAlgorithms: 'tls.signatureAlgorithms', groups: 'tls.groups' },
  ...{ serverName: 'tls.serverName', alpn: 'tls.alpn', cert: 'tls.cert', key: 'tls.key' },
  ...{ path: 'ws.path', headers: 'ws.headers' },
};

/** Settings of the load, which are called otherwise there. */
const ofLoad: Partial<Record<Setting, string>> = {
  topicAlias: 'load.publish.topicAlias',
  reads: 'reads of the load',
  pskFile: 'load.psk',
};

/** Settings of an arm are called as in the plan. */
const armDoor: Door = {
  subject: 'this arm',
  name: (setting) => (setting === 'qos' ? 'load.publish.qos' : (ofLoad[setting] ?? places[setting] ?? setting)),
  use: (transport) => `say transport: ${transport}`,
};
