import { firstWords } from '../../expect/names.js';
import type { Mistakes } from '../language/mistakes.js';
import type { ArmInput } from '../language/schema.js';
import type { ResolvedArm } from '../types.js';

type ArmMapping = Exclude<ArmInput, string>;

const withTls = new Set(['tls', 'wss', 'quic']);

/** The arms with every default filled in; what a transport cannot do is a mistake. */
export function resolveArms(inputs: readonly ArmInput[], mistakes: Mistakes): ResolvedArm[] {
  const names = new Set<string>();
  return inputs.map((input, index) => {
    const arm = resolveArm(typeof input === 'string' ? plain(input) : input);
    if (typeof input !== 'string') checkArm(input, index, mistakes);
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
  const tlsVersion = withTls.has(transport) ? ((input.tlsVersion as '1.2' | '1.3' | undefined) ?? '1.3') : undefined;
  return {
    name: input.name ?? defaultName(input),
    transport,
    ...(tlsVersion === undefined ? {} : { tlsVersion }),
    resumption,
    ...(earlyData === undefined ? {} : { earlyData }),
    congestionControl,
    streams,
    datagrams,
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
  if (input.terminator !== 'broker') parts.push(input.terminator);
  return parts.join('-');
}

function checkArm(input: ArmMapping, index: number, mistakes: Mistakes): void {
  const wrong = (field: keyof ArmMapping, message: string): void => mistakes.add(['arms', index, field], message);
  const { transport } = input;
  if (input.tlsVersion !== undefined && !withTls.has(transport)) wrong('tlsVersion', `${transport} has no TLS`);
  if (transport === 'quic' && input.tlsVersion === '1.2') wrong('tlsVersion', 'QUIC is always TLS 1.3 (RFC 9001)');
  if (input.resumption !== 'none' && !withTls.has(transport)) {
    wrong('resumption', `${transport} has no TLS sessions to resume`);
  } else if (input.resumption === 'early-data' && transport !== 'quic') {
    wrong('resumption', 'early data is possible on quic only: Node offers none for TLS over TCP');
  }
  if (input.earlyData !== undefined && input.resumption !== 'early-data') {
    wrong('earlyData', 'is about early data, which only resumption: early-data sends');
  }
  if (input.streams !== 'control' && transport !== 'quic')
    wrong('streams', `${transport} has one stream; only quic has more`);
  if (input.datagrams && transport !== 'quic') wrong('datagrams', `${transport} has no datagrams; only quic has`);
  if (input.terminator === 'nginx' && transport !== 'tls')
    wrong('terminator', 'nginx ends TLS over TCP only (transport: tls)');
}
