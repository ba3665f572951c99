import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
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

const whole = (standard: number, bounds: readonly [number, number], range: string, says: string, more?: More<number>) =>
  ({ standard, bounds, range, says, ...more }) as Setting<number>;
const yesOrNo = (standard: boolean, says: string, more?: More<boolean>) =>
  ({ standard, range: 'true, false', choices: [true, false], says, ...more }) as Setting<boolean>;
const oneOf = <const T extends string>(standard: NoInfer<T>, choices: readonly T[], says: string, more?: More<T>) =>
  ({ standard, range: choices.join(', '), choices, says, ...more }) as Setting<T>;

const mebi = 1024 * 1024;

/** Congestion controllers the binding has. */
export const congestionControls = ['cubic', 'reno', 'bbr'] as const;

/** Every setting of a QUIC endpoint; scenario files, `--quic-set` and docs/quic.md derive from here. */
export const quicSettings = {
  idleTimeoutMs: whole(
    60_000,
    [0, 2 ** 31],
    'whole milliseconds, 0 for none',
    'max_idle_timeout (RFC 9000, 10.1); the smaller of both ends counts',
  ),
  keepAliveMs: whole(
    20_000,
    [0, 2 ** 31],
    'whole milliseconds, 0 for never',
    'PING after so much silence, or half of the smaller idle timeout of both ends; must be shorter than one’s own',
    { server: 0 },
  ),
  congestionControl: oneOf(
    'cubic',
    congestionControls,
    'what the library has; cubic as TCP, so that a comparison compares transports',
    { option: '--cc' },
  ),
  maxUdpPayload: whole(
    1350,
    [1200, 16_384],
    '1200 to 16384 bytes',
    'largest datagram sent and accepted; there is no path MTU discovery. In a scenario’s lab it is the MTU less 28',
  ),
  streamWindow: whole(256 * 1024, [1, 16 * mebi], '1 byte to 16 MiB', 'flow control per stream at the start'),
  maxStreamWindow: whole(mebi, [1, 16 * mebi], '1 byte to 16 MiB', 'how far that grows by itself'),
  connectionWindow: whole(
    mebi,
    [1, 24 * mebi],
    '1 byte to 24 MiB',
    'flow control of the whole connection at the start',
  ),
  maxConnectionWindow: whole(2 * mebi, [1, 24 * mebi], '1 byte to 24 MiB', 'how far that grows by itself'),
  // 10 streams as EMQX grants; NanoNNG opens 5 at once. A client grants 0: a broker never opens one.
  maxStreams: whole(0, [0, 65_535], '0 to 65535', 'streams that the peer may have open, the control stream included', {
    server: 10,
    at: 'server',
    option: '--streams',
  }),
  ackDelayMs: whole(25, [0, 16_383], '0 to 16383 ms', 'max_ack_delay announced (RFC 9000, 18.2)'),
  holdAcksMs: whole(
    0,
    [0, 16_383],
    '0 to 16383 ms, 0 to send at once',
    'hold packets that carry nothing but an ACK for less than ackDelayMs, at most every second one (RFC 9000, 13.2.2)',
  ),
  addressMode: oneOf('follow', ['follow', 'path-validation'], 'who handles a peer whose address changes'),
  allowMigration: yesOrNo(
    true,
    'whether the peer may move on purpose; false announces disable_active_migration (RFC 9000, 18.2)',
  ),
  ownSocket: yesOrNo(false, 'a UDP socket for each client instead of one for all clients of the same source address', {
    at: 'client',
  }),
  io: oneOf('auto', ['auto', 'dgram'], 'batches of datagrams per system call where Linux and koffi have them, or one'),
  earlyData: yesOrNo(
    false,
    'send what is written at once as early data when there is a ticket; of a listener: take it',
    { server: true, option: '--resumption' },
  ),
  silenceMs: whole(
    0,
    [0, 600_000],
    '0 to 600000 ms, 0 for never',
    'give up (`MQB_SILENT`) when an acknowledgement is owed for so long',
    { at: 'client' },
  ),
  tailProbeMs: whole(
    0,
    [0, 60_000],
    '0 to 60000 ms, 0 for never',
    'probe with three PINGs when an acknowledgement is owed and nothing was sent for so long',
  ),
  datagrams: yesOrNo(false, 'QUIC datagrams (RFC 9221), an experiment', { option: '--datagrams' }),
  retry: oneOf(
    'off',
    ['off', 'flood', 'always'],
    'answer new clients with a Retry, which costs a round trip: never, above `retryAbove` handshakes in flight, or always',
    { at: 'server' },
  ),
  retryAbove: whole(2000, [0, 1e9], 'a whole number', 'see `retry`', { at: 'server' }),
  maxHandshakes: whole(
    20_000,
    [1, 1e9],
    'a whole number above 0',
    'handshakes in flight; further clients are turned away and counted',
    {
      at: 'server',
    },
  ),
  handshakeTimeoutMs: whole(10_000, [1, 600_000], '1 to 600000 ms', 'a handshake that takes longer is given up', {
    at: 'server',
  }),
  firstStreamTimeoutMs: whole(
    15_000,
    [1, 600_000],
    '1 to 600000 ms',
    'a client that opens no stream for so long after its handshake is closed',
    { at: 'server' },
  ),
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
    const setting: Setting | undefined = Object.hasOwn(quicSettings, name)
      ? quicSettings[name as QuicSettingName]
      : undefined;
    if (setting)
      return allows(setting, value)
        ? []
        : [`${name} is ${value === '' ? 'empty' : String(value)}; allowed: ${setting.range}`];
    const near = nearest(name, Object.keys(quicSettings));
    return [`${name} is not a QUIC setting${near === undefined ? '' : `; did you mean ${near}?`}`];
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
  const quiet = idleTimeoutMs > 0 && keepAliveMs >= idleTimeoutMs;
  const held = holdAcksMs > 0 && holdAcksMs >= ackDelayMs;
  return [
    ...(quiet
      ? [
          `keepAliveMs (${keepAliveMs}) is not shorter than idleTimeoutMs (${idleTimeoutMs}), so every quiet connection would time out before its first PING`,
        ]
      : []),
    ...(held
      ? [`holdAcksMs (${holdAcksMs}) is not shorter than ackDelayMs (${ackDelayMs}), which the peer counts on`]
      : []),
  ];
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
export function socketOptions({ maxUdpPayload, io }: QuicSettings) {
  // 2 KB hold any datagram of a network with an Ethernet's MTU, also from a peer that sends more than we do.
  return { bufferBytes: socketBuffer, maxPayload: Math.max(maxUdpPayload, 2048), io };
}
