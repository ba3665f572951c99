import { firstWords } from '../../expect/names.js';
import type { Door, Levels } from '../../plan/asked.js';
import { check } from '../../plan/check.js';
import { isEncrypted } from '../../transport/contract.js';
import type { Mistakes } from '../language/mistakes.js';
import type { ArmInput } from '../language/schema.js';
import type { ResolvedArm } from '../types.js';

type ArmMapping = Exclude<ArmInput, string>;

/**
 * The arms with every default filled in; what a transport cannot do is a mistake.
 * @param load what of the load not every transport carries
 */
export function resolveArms(inputs: readonly ArmInput[], load: Levels, mistakes: Mistakes): ResolvedArm[] {
  const names = new Set<string>();
  return inputs.map((input, index) => {
    const arm = resolveArm(typeof input === 'string' ? plain(input) : input);
    if (typeof input !== 'string') checkArm(input, index, load, mistakes);
    if (names.has(arm.name)) {
      mistakes.add(['arms', index], `two arms are called "${arm.name}"; give one of them a name`);
    }
    if (firstWords.has(arm.name)) {
      mistakes.add(
        ['arms', index, 'name'],
        `"${arm.name}" begins the names of metrics; expectations could not tell them apart`,
      );
    }
    names.add(arm.name);
    return arm;
  });
}

const plain = (transport: ResolvedArm['transport']): ArmMapping => ({
  transport,
  resumption: 'none',
  congestionControl: 'cubic',
  streams: 'control',
  datagrams: false,
  terminator: 'broker',
});

function resolveArm(input: ArmMapping): ResolvedArm {
  const { transport, resumption, earlyData, congestionControl, streams, datagrams, terminator } = input;
  const tlsVersion = isEncrypted(transport) ? (input.tlsVersion ?? '1.3') : undefined;
  return {
    name: input.name ?? defaultName(input),
    transport,
    ...(tlsVersion === undefined ? {} : { tlsVersion }),
    resumption,
    ...(earlyData === undefined ? {} : { earlyData }),
    congestionControl,
    streams,
    datagrams,
    ...(input.quic === undefined ? {} : { quic: input.quic as ResolvedArm['quic'] }),
    terminator,
  };
}

/** The transport and what differs from its defaults: `tls1.2` would split at the dot, so `tls12`. */
function defaultName(input: ArmMapping): string {
  const parts: string[] = [input.transport];
  if (input.tlsVersion === '1.2') parts[0] += '12';
  if (input.resumption !== 'none') parts.push(input.resumption === 'ticket' ? 'ticket' : '0rtt');
  if (input.earlyData !== undefined && input.earlyData !== 'accept') parts.push(input.earlyData);
  if (input.congestionControl !== 'cubic') parts.push(input.congestionControl);
  if (typeof input.streams === 'number') parts.push(`streams-${input.streams}`);
  else if (input.streams !== 'control') parts.push(input.streams);
  if (input.datagrams) parts.push('datagrams');
  for (const [name, value] of Object.entries(input.quic ?? {})) parts.push(name, String(value));
  if (input.terminator !== 'broker') parts.push(input.terminator);
  return parts.join('-');
}

function checkArm(input: ArmMapping, index: number, load: Levels, mistakes: Mistakes): void {
  const wrong = (field: string, message: string): void => mistakes.add(['arms', index, field], message);
  const { transport, earlyData, resumption, terminator } = input;
  for (const { at, says } of check({ ...load, ...input }, armDoor)) wrong(at, says);
  if (earlyData !== undefined && resumption !== 'early-data')
    wrong('earlyData', 'is about early data, which only resumption: early-data sends');
  if (terminator === 'nginx' && transport !== 'tls')
    wrong('terminator', 'nginx ends TLS over TCP only (transport: tls)');
}

/** Settings of an arm are called as in the plan. */
const armDoor: Door = {
  subject: 'this arm',
  name: (setting) => (setting === 'qos' ? 'load.publish.qos' : setting),
  use: (transport) => `say transport: ${transport}`,
};
