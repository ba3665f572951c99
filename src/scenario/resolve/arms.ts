import { firstWords } from '../../expect/names.js';
import type { Door, Levels, Setting } from '../../plan/asked.js';
import { check } from '../../plan/check.js';
import { isEncrypted } from '../../transport/contract.js';
import { type ArmInput, defaultName } from '../language/arm.js';
import type { Mistakes } from '../language/mistakes.js';
import type { ResolvedArm } from '../types.js';

/**
 * The arms with every default filled in; what a transport cannot do is a mistake.
 * @param load what of the load not every transport carries
 */
export function resolveArms(inputs: readonly ArmInput[], load: Levels, mistakes: Mistakes): ResolvedArm[] {
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
    return { ...input, name, tlsVersion: isEncrypted(transport) ? tlsVersion : undefined };
  });
}

function checkArm(input: ArmInput, index: number, load: Levels, mistakes: Mistakes): void {
  const wrong = (field: string, message: string): void => mistakes.add(['arms', index, field], message);
  const { transport, earlyData, resumption, terminator } = input;
  for (const { at, says } of check({ ...load, ...input }, armDoor)) {
    // What the load asks for and this arm cannot give is told at the arm's own field.
    if (at === 'pskFile') wrong('transport', `${armDoor.name(at)} ${says}`);
    else if (at in ofLoad) wrong(input.datagrams ? 'datagrams' : 'streams', `${armDoor.name(at)} ${says}`);
    else wrong(at, says);
  }
  if (earlyData !== undefined && resumption !== 'early-data')
    wrong('earlyData', 'is about early data, which only resumption: early-data sends');
  if (terminator === 'nginx' && transport !== 'tls')
    wrong('terminator', 'nginx ends TLS over TCP only (transport: tls)');
  if (terminator === 'gateway' && transport === 'tcp')
    wrong('terminator', 'clients over TCP reach the broker without a gateway');
  if (terminator === 'gateway' && (earlyData === 'accept' || resumption === 'early-data'))
    wrong('terminator', 'the gateway takes no early data: only a broker can say what a replay would do');
}

/** Settings of the load, which are called otherwise there. */
const ofLoad: Partial<Record<Setting, string>> = {
  topicAlias: 'load.publish.topicAlias',
  reads: 'reads of the load',
  pskFile: 'load.psk',
};

/** Settings of an arm are called as in the plan. */
const armDoor: Door = {
  subject: 'this arm',
  name: (setting) => (setting === 'qos' ? 'load.publish.qos' : (ofLoad[setting] ?? setting)),
  use: (transport) => `say transport: ${transport}`,
};
