import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { ownEntry } from '../../base/own.js';
import { nearest } from '../../base/text/nearest.js';

/** What a QUIC setting may be, what it is without being set, and what it does. */
export interface Setting<T = unknown> {
  readonly standard: T;
  /** Of a listener, where that is something else. */
  readonly server?: T;
  /** Where it means anything; undefined: at both ends. */
  readonly at?: 'client' | 'server';
  /** The option of the command line that sets it, as a field of an arm does; it is not set as one of many then. */
  readonly option?: string;
  /** What it is of, and what it may be. */
  readonly range: string;
  readonly choices?: readonly T[];
  /** Of a whole number, the smallest and the largest. */
  readonly bounds?: readonly [number, number];
  readonly says: string;
}
type More<T> = Pick<Setting<T>, 'server' | 'at' | 'option'>;

const whole = (standard: number, least: number, most: number, unit: string, says: string, more?: More<number>) =>
  ({ standard, bounds: [least, most], range: `${least} to ${most}${unit}`, says, ...more }) as Setting<number>;
const yesOrNo = (standard: boolean, says: string, more?: More<boolean>) =>
  ({ standard, range: 'true, false', choices: [true, false], says, ...more }) as Setting<boolean>;
const oneOf = <const T extends string>(standard: NoInfer<T>, choices: readonly T[], says: string, more?: More<T>) =>
  ({ standard, range: choices.join(', '), choices, says, ...more }) as Setting<T>;

const mebi = 1024 * 1024;
const client = { at: 'client' } as const;
const server = { at: 'server' } as const;
const retries = ['off', 'flood', 'always'] as const;

export const congestionControls = ['cubic', 'reno', 'bbr'] as const;

/** Every setting of a QUIC endpoint; scenario files, `--quic-set` and docs/quic.md derive from here. */
export const quicSettings = {
  idleTimeoutMs: whole(60_000, 0, 2 ** 31, ' ms', 'max_idle_timeout, 0 is none; the smaller of both ends counts'),
  // NAT mappings for UDP live 20 to 30 s.
  keepAliveMs: whole(20_000, 0, 2 ** 31, ' ms', 'PING after so much silence, 0 is never', { server: 0 }),
  congestionControl: oneOf('cubic', congestionControls, 'that of TCP unless it is set', { option: '--cc' }),
  maxUdpPayload: whole(1350, 1200, 16_384, ' bytes', 'largest datagram; in a scenario’s lab the MTU less 28'),
  streamWindow: whole(256 * 1024, 1, 16 * mebi, ' bytes', 'flow control per stream at the start'),
  maxStreamWindow: whole(mebi, 1, 16 * mebi, ' bytes', 'how far that grows by itself'),
  connectionWindow: whole(mebi, 1, 24 * mebi, ' bytes', 'flow control of the whole connection at the start'),
  maxConnectionWindow: whole(2 * mebi, 1, 24 * mebi, ' bytes', 'how far that grows by itself'),
  // 10 streams as EMQX grants; NanoNNG opens 5 at once. A client grants 0: a broker never opens one.
  maxStreams: whole(0, 0, 65_535, '', 'streams that the peer may have open, the control stream included', {
    ...{ server: 10, at: 'server', option: '--streams' },
  }),
  ackDelayMs: whole(25, 0, 16_383, ' ms', 'max_ack_delay announced (RFC 9000, 18.2)'),
  holdAcksMs: whole(0, 0, 16_383, ' ms', 'hold what carries only an ACK for less than ackDelayMs (RFC 9000, 13.2.2)'),
  addressMode: oneOf('follow', ['follow', 'path-validation'], 'who handles a peer whose address changes'),
  allowMigration: yesOrNo(true, 'whether the peer may move on purpose; false announces disable_active_migration'),
  ownSocket: yesOrNo(false, 'a UDP socket for each client instead of one for all of a source address', client),
  io: oneOf(
    'auto',
    ['auto', 'batch', 'dgram'],
    'datagrams per system call: as many as Linux takes, so on loopback several as one message; batches of single ones; one',
  ),
  bursts: oneOf(
    'bounded',
    ['bounded', 'free'],
    'on loopback, whether clients wait while the socket of the server is full, or its kernel drops what they send',
    client,
  ),
  earlyData: yesOrNo(false, 'send, or take, 0-RTT data', { server: true, option: '--resumption' }),
  silenceMs: whole(0, 0, 600_000, ' ms', 'give up when an acknowledgement is owed for so long, 0 is never', client),
  // quiche 0.18 overrates the round trip at small congestion windows, and its own probe then comes seconds late.
  tailProbeMs: whole(0, 0, 60_000, ' ms', 'probe when an acknowledgement is owed and nothing was sent, 0 is never'),
  datagrams: yesOrNo(false, 'QUIC datagrams (RFC 9221), an experiment', { option: '--datagrams' }),
  retry: oneOf('off', retries, 'a Retry for new clients (a round trip more): none, above retryAbove, for all', server),
  retryAbove: whole(2000, 0, 1e9, '', 'handshakes in flight from which `retry: flood` sends a Retry', server),
  maxHandshakes: whole(20_000, 1, 1e9, '', 'handshakes in flight; further clients are turned away and counted', server),
  handshakeTimeoutMs: whole(10_000, 1, 600_000, ' ms', 'a handshake that takes longer is given up', server),
  firstStreamTimeoutMs: whole(15_000, 1, 600_000, ' ms', 'a client that opens no stream for so long is closed', server),
};

type Settings = typeof quicSettings;
export type QuicSettings = { readonly [N in keyof Settings]: Settings[N]['standard'] };
export type QuicSettingName = keyof QuicSettings;
const entries = Object.entries(quicSettings) as [QuicSettingName, Setting][];

export const clientDefaults = Object.fromEntries(
  entries.map(([name, { standard }]) => [name, standard]),
) as QuicSettings;
export const serverDefaults = Object.fromEntries(
  entries.map(([name, { standard, server = standard }]) => [name, server]),
) as QuicSettings;

/** SO_RCVBUF and SO_SNDBUF asked for, bytes. */
// The kernel counts double. After a stall of 3 s at 800 new clients a second 10 MB (as it counts) waited; 32 MB took an
// overloaded broker longer to read than its clients waited for.
export const socketBuffer = 8 * mebi;

/** Everything that is wrong with settings by themselves, a sentence each: unknown names with the nearest, and values. */
export function quicMistakes(given: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(given).flatMap(([name, value]) => {
    const setting: Setting | undefined = ownEntry(quicSettings, name);
    const near = nearest(name, Object.keys(quicSettings));
    if (!setting) return [`${name} is not a QUIC setting${near === undefined ? '' : `; did you mean ${near}?`}`];
    if (allows(setting, value)) return [];
    return [`${name} is ${value === '' ? 'empty' : String(value)}; allowed: ${setting.range}`];
  });
}

/** What an arm or `--quic-set` may set: everything that has no option or field of its own. */
export const armSettings = entries.filter(([, { option }]) => option === undefined);

/** Settings as they are typed, `name=value`, and everything that is wrong with them. */
export function parseQuicSettings(texts: readonly string[]): { settings: Partial<QuicSettings>; mistakes: string[] } {
  const pairs = texts.map((text) => {
    const [, name = text, value = ''] = /^\s*(\w+)=(.*)$/.exec(text) ?? [];
    const plain = value === 'true' || value === 'false' ? value === 'true' : value;
    return [name, /^\d+$/.test(value) ? Number(value) : plain] as const;
  });
  const settings = Object.fromEntries(pairs) as Partial<QuicSettings>;
  const misplaced = entries.flatMap(([name, { option, at }]) => {
    if (!Object.hasOwn(settings, name)) return [];
    if (option !== undefined) return [`${name} is set by ${option}`];
    return at === 'server' ? [`${name} is a setting of listeners, and these are clients`] : [];
  });
  const mistakes = [...quicMistakes(settings), ...misplaced];
  return { settings, mistakes: [...mistakes, ...quicConflicts({ ...clientDefaults, ...settings })] };
}

const allows = ({ bounds, choices }: Setting, value: unknown): boolean =>
  bounds
    ? Number.isInteger(value) && bounds[0] <= (value as number) && (value as number) <= bounds[1]
    : (choices ?? []).includes(value);

/** What must hold between settings, and does not. */
export function quicConflicts({ idleTimeoutMs, keepAliveMs, holdAcksMs, ackDelayMs }: QuicSettings): string[] {
  const conflicts: string[] = [];
  if (idleTimeoutMs > 0 && keepAliveMs >= idleTimeoutMs)
    conflicts.push(
      `keepAliveMs (${keepAliveMs}) is not shorter than idleTimeoutMs (${idleTimeoutMs}), so every quiet connection would time out before its first PING`,
    );
  if (holdAcksMs > 0 && holdAcksMs >= ackDelayMs)
    conflicts.push(
      `holdAcksMs (${holdAcksMs}) is not shorter than ackDelayMs (${ackDelayMs}), which the peer counts on`,
    );
  return conflicts;
}

/**
 * Fills in the defaults and checks everything.
 * @throws MqbenchError MQB_QUIC_SETTINGS that names every mistake, not only the first
 */
export function resolveSettings(
  defaults: QuicSettings,
  ...given: (Partial<Record<QuicSettingName, unknown>> | undefined)[]
): QuicSettings {
  const settings: Record<string, unknown> = { ...defaults };
  for (const part of given) {
    for (const [name, value] of Object.entries(part ?? {})) if (value !== undefined) settings[name] = value;
  }
  const mistakes = [...quicMistakes(settings), ...quicConflicts(settings as unknown as QuicSettings)];
  if (mistakes.length > 0) {
    throw new MqbenchError('MQB_QUIC_SETTINGS', `read the QUIC settings: ${mistakes.join('; ')}`, {
      hint: 'units, ranges and defaults of every setting are in docs/quic.md',
      exitCode: exitCodes.usage,
    });
  }
  return settings as unknown as QuicSettings;
}

/** The part that concerns the UDP socket. */
export function socketOptions({ maxUdpPayload, io, ownSocket }: QuicSettings) {
  // 2 KB hold any datagram of a network with an Ethernet's MTU, also from a peer that sends more than we do.
  return {
    bufferBytes: socketBuffer,
    maxPayload: Math.max(maxUdpPayload, 2048),
    io,
    takesTrains: io === 'auto' && !ownSocket,
  };
}
