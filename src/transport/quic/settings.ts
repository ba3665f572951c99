import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';

/** Congestion controllers the binding has. */
export const congestionControls = ['cubic', 'reno', 'bbr'] as const;
export type QuicCongestionControl = (typeof congestionControls)[number];

/** Who handles a peer whose address changes; see docs/quic.md. */
export type AddressMode = 'follow' | 'path-validation';

/**
 * Settings of a QUIC endpoint, client and server alike; DialOptions.quic and
 * ListenOptions.quic carry a part of them. Defaults: {@link clientDefaults}, {@link serverDefaults}.
 */
export interface QuicSettings {
  /** max_idle_timeout (RFC 9000 10.1) in ms, 0 = none. The smaller of both ends counts. */
  readonly idleTimeoutMs: number;
  /** Send a PING when nothing was sent for so long, ms, 0 = never. NAT mappings for UDP live 20–30 s. */
  readonly keepAliveMs: number;
  readonly congestionControl: QuicCongestionControl;
  /** Largest UDP payload sent and accepted, bytes, 1200–16384. The binding has no path MTU discovery. */
  readonly maxUdpPayload: number;
  /** Flow control at start, bytes: per stream, and for the whole connection. */
  readonly streamWindow: number;
  readonly connectionWindow: number;
  /** How far those windows may grow by themselves, bytes. */
  readonly maxStreamWindow: number;
  readonly maxConnectionWindow: number;
  /** Bidirectional streams the peer may have open at once. A client grants 0: a broker never opens one. */
  readonly maxStreams: number;
  /** max_ack_delay announced, ms, < 16384 (RFC 9000 18.2). */
  readonly ackDelayMs: number;
  /** Hold packets that would carry nothing but ACKs for so long, ms, < ackDelayMs; 0 = send at once. */
  readonly holdAcksMs: number;
  readonly addressMode: AddressMode;
  /** Whether the peer may move on purpose; false announces disable_active_migration (RFC 9000 18.2). */
  readonly allowMigration: boolean;
  /** Client: a UDP socket of its own instead of one shared by all clients with the same source address. */
  readonly ownSocket: boolean;
  /** SO_RCVBUF and SO_SNDBUF asked for, bytes. */
  readonly socketBuffer: number;
  /** auto: recvmmsg and sendmmsg where Linux and koffi have them; dgram: one system call per datagram. */
  readonly io: 'auto' | 'dgram';
  /** Client: send what is written at once as early data when there is a ticket. */
  readonly earlyData: boolean;
  /** Client: give the connection up when the peer owes an acknowledgement for so long, ms, 0 = never (wait for the idle timeout). */
  readonly silenceMs: number;
  /**
   * Probe with three PINGs when an acknowledgement is owed and nothing came or went for so long, ms, 0 = never. quiche 0.18
   * overrates the round trip at small congestion windows, and its own probe then comes seconds late; see docs/quic.md.
   */
  readonly tailProbeMs: number;
  /** QUIC datagrams (RFC 9221), an experiment: QoS 0 PUBLISH outside any stream. */
  readonly datagrams: boolean;
  /** Server: answer new clients with a Retry (one round trip more): never, always, or above `retryAbove` handshakes in flight. */
  readonly retry: 'off' | 'flood' | 'always';
  readonly retryAbove: number;
  /** Server: new clients beyond so many connections, or handshakes in flight, are turned away. */
  readonly maxConnections: number;
  readonly maxHandshakes: number;
  /** Server: how long a handshake may take, and then the client's first stream, ms. */
  readonly handshakeTimeoutMs: number;
  readonly firstStreamTimeoutMs: number;
  /** How long close() waits for the peer to finish its side before it closes anyway, ms. */
  readonly closeTimeoutMs: number;
}

const common: QuicSettings = {
  idleTimeoutMs: 60_000,
  keepAliveMs: 0,
  congestionControl: 'cubic',
  maxUdpPayload: 1350,
  streamWindow: 256 * 1024,
  connectionWindow: 1024 * 1024,
  maxStreamWindow: 1024 * 1024,
  maxConnectionWindow: 2 * 1024 * 1024,
  maxStreams: 0,
  ackDelayMs: 25,
  holdAcksMs: 0,
  addressMode: 'follow',
  allowMigration: true,
  ownSocket: false,
  io: 'auto',
  // The kernel counts double. After a stall of 3 s at 800 new clients a second 10 MB (as it counts) waited; 32 MB took an
  // overloaded broker longer to read than its clients waited for.
  socketBuffer: 8 * 1024 * 1024,
  earlyData: false,
  silenceMs: 0,
  tailProbeMs: 0,
  datagrams: false,
  retry: 'off',
  retryAbove: 2000,
  maxConnections: 100_000,
  maxHandshakes: 20_000,
  handshakeTimeoutMs: 10_000,
  firstStreamTimeoutMs: 15_000,
  closeTimeoutMs: 3000,
};

export const clientDefaults: QuicSettings = { ...common, keepAliveMs: 20_000 };

/** 10 streams as EMQX grants; NanoNNG opens 5 at once. */
export const serverDefaults: QuicSettings = { ...common, maxStreams: 10, earlyData: true };

type Check = (value: number) => boolean;
const within =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && value >= least && value <= most;

const ranges: Partial<Record<keyof QuicSettings, [Check, string]>> = {
  idleTimeoutMs: [within(0, 2 ** 31), 'whole milliseconds, 0 for none'],
  keepAliveMs: [within(0, 2 ** 31), 'whole milliseconds, 0 for never'],
  maxUdpPayload: [within(1200, 16_384), '1200 to 16384 bytes'],
  streamWindow: [within(1, 16 * 1024 * 1024), '1 byte to 16 MiB'],
  maxStreamWindow: [within(1, 16 * 1024 * 1024), '1 byte to 16 MiB'],
  connectionWindow: [within(1, 24 * 1024 * 1024), '1 byte to 24 MiB'],
  maxConnectionWindow: [within(1, 24 * 1024 * 1024), '1 byte to 24 MiB'],
  maxStreams: [within(0, 65_535), '0 to 65535'],
  ackDelayMs: [within(0, 16_383), '0 to 16383 ms (RFC 9000 18.2)'],
  holdAcksMs: [within(0, 16_383), '0 to 16383 ms'],
  socketBuffer: [within(4096, 2 ** 30), '4096 bytes to 1 GiB'],
  retryAbove: [within(0, 1e9), 'a whole number'],
  maxConnections: [within(1, 1e9), 'a whole number above 0'],
  maxHandshakes: [within(1, 1e9), 'a whole number above 0'],
  handshakeTimeoutMs: [within(1, 600_000), '1 to 600000 ms'],
  firstStreamTimeoutMs: [within(1, 600_000), '1 to 600000 ms'],
  silenceMs: [within(0, 600_000), '0 to 600000 ms'],
  tailProbeMs: [within(0, 60_000), '0 to 60000 ms'],
  closeTimeoutMs: [within(0, 600_000), '0 to 600000 ms'],
};

/**
 * Fills in the defaults and checks everything.
 * @throws MqbenchError MQB_QUIC_SETTINGS that names every mistake, not only the first
 */
export function resolveSettings(defaults: QuicSettings, ...given: (object | undefined)[]): QuicSettings {
  const merged: Record<string, unknown> = { ...defaults };
  for (const part of given) {
    for (const [name, value] of Object.entries(part ?? {})) if (value !== undefined) merged[name] = value;
  }
  const mistakes = Object.keys(merged)
    .filter((name) => !(name in defaults))
    .map((name) => `${name} is not a QUIC setting`);
  const settings = merged as unknown as QuicSettings;
  for (const [name, [valid, range]] of Object.entries(ranges) as [keyof QuicSettings, [Check, string]][]) {
    if (!valid(settings[name] as number)) mistakes.push(`${name} is ${String(settings[name])}; allowed: ${range}`);
  }
  for (const name of ['ownSocket', 'earlyData', 'allowMigration', 'datagrams'] as const) {
    if (typeof settings[name] !== 'boolean')
      mistakes.push(`${name} is ${String(settings[name])}; allowed: true, false`);
  }
  mistakes.push(...relations(settings));
  if (mistakes.length > 0) {
    throw new MqbenchError('MQB_QUIC_SETTINGS', `read the QUIC settings: ${mistakes.join('; ')}`, {
      hint: 'units, ranges and defaults of every setting are in docs/quic.md',
      exitCode: exitCodes.usage,
    });
  }
  return settings;
}

/** What must hold between settings. */
function relations(settings: QuicSettings): string[] {
  const mistakes: string[] = [];
  if (!congestionControls.includes(settings.congestionControl)) {
    mistakes.push(
      `congestionControl is ${String(settings.congestionControl)}; the QUIC library has ${congestionControls.join(', ')}`,
    );
  }
  if (settings.addressMode !== 'follow' && settings.addressMode !== 'path-validation') {
    mistakes.push(`addressMode is ${String(settings.addressMode)}; allowed: follow, path-validation`);
  }
  if (!['off', 'flood', 'always'].includes(settings.retry)) {
    mistakes.push(`retry is ${String(settings.retry)}; allowed: off, flood, always`);
  }
  if (settings.io !== 'auto' && settings.io !== 'dgram') {
    mistakes.push(`io is ${String(settings.io)}; allowed: auto, dgram`);
  }
  if (settings.idleTimeoutMs > 0 && settings.keepAliveMs >= settings.idleTimeoutMs) {
    mistakes.push(
      `keepAliveMs (${settings.keepAliveMs}) is not shorter than idleTimeoutMs (${settings.idleTimeoutMs}), so every ` +
        'quiet connection would time out before its first PING',
    );
  }
  if (settings.holdAcksMs > 0 && settings.holdAcksMs >= settings.ackDelayMs) {
    mistakes.push(
      `holdAcksMs (${settings.holdAcksMs}) is not shorter than ackDelayMs (${settings.ackDelayMs}), which the peer counts on`,
    );
  }
  return mistakes;
}

/** The part that concerns the UDP socket. */
export function socketOptions(settings: QuicSettings): {
  bufferBytes: number;
  maxPayload: number;
  io: QuicSettings['io'];
} {
  // 2 KB hold any datagram of a network with an Ethernet's MTU, also from a peer that sends more than we do.
  return { bufferBytes: settings.socketBuffer, maxPayload: Math.max(settings.maxUdpPayload, 2048), io: settings.io };
}
