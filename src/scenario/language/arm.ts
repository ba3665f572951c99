import { z } from 'zod';
import { resumptions } from '../../plan/plan.js';
import { earlyDataPolicies, tlsVersions, transportNames } from '../../transport/contract.js';
import { armSettings, congestionControls, type QuicSettings } from '../../transport/quic/settings.js';
import { mostStreams, streamMaps, streamWords } from '../../transport/stream-map.js';
import { name } from './fields.js';
import { streamPrioritiesSchema, tlsSchema, webSocketSchema } from './terms.js';

/** Who ends TLS and QUIC: the broker itself, or nginx or our gateway in front of its TCP listener. */
const terminators = ['broker', 'nginx', 'gateway'] as const;

/** Both ends' settings of QUIC; each is described and checked by its table. */
const quicSchema = z.strictObject(
  Object.fromEntries(
    armSettings.map(([name, { standard, bounds, choices, range, says }]) => {
      const kind = typeof standard === 'boolean' ? z.boolean() : z.enum((choices ?? []) as string[]);
      const value: z.ZodType = bounds ? z.int().min(bounds[0]).max(bounds[1]) : kind;
      return [name, value.optional().describe(`${says} (${range}).`)];
    }),
  ),
) as unknown as z.ZodType<Partial<QuicSettings>>;

const armFields = z.strictObject({
  name: name('Name in tables, cell ids and expectations; default made from the transport and what differs.').optional(),
  transport: z.enum(transportNames).describe('What carries MQTT.'),
  tlsVersion: z
    .union([
      z.enum(tlsVersions),
      z.literal(1.2).transform(() => '1.2' as const),
      z.literal(1.3).transform(() => '1.3' as const),
    ])
    .optional()
    .describe('TLS version; default 1.3. QUIC is always 1.3 (RFC 9001).'),
  resumption: z
    .enum(resumptions)
    .default('none')
    .describe('What reconnects use: a full handshake, a session ticket, or a ticket with early data (0-RTT).'),
  earlyData: z
    .enum(earlyDataPolicies)
    .optional()
    .describe(
      'What the broker does with early data: accept it (default), hold what a replay would do harm with until the handshake is done, reject it.',
    ),
  congestionControl: z
    .enum(congestionControls)
    .default('cubic')
    .describe('On both ends. Default cubic on TCP and QUIC alike.'),
  streams: z
    .union([z.enum(streamMaps), z.int().min(1).max(mostStreams)])
    .default('control')
    .describe('QUIC only: which stream a packet goes to; a number is that many data streams.'),
  streamPriorities: streamPrioritiesSchema.optional(),
  datagrams: z.boolean().default(false).describe('QUIC only: QoS 0 in QUIC datagrams, both ways.'),
  quic: quicSchema.optional().describe('QUIC only: settings of both ends, docs/quic.md.'),
  tls: tlsSchema.optional(),
  ws: webSocketSchema.optional(),
  terminator: z
    .enum(terminators)
    .default('broker')
    .describe('Who ends TLS and QUIC: the broker, or nginx (TLS over TCP) or mqbench gateway in front of it.'),
});

export const armSchema = z.union([
  z.enum(transportNames).transform((transport) => armFields.parse({ transport })),
  armFields,
]);
export type ArmInput = z.output<typeof armSchema>;

// What is said of an arm by its fields, in the order of these; nothing where one is as usual, or means nothing there.

/** The name of an arm that was given none: the transport and what differs. `tls1.2` would split at the dot, so `tls12`. */
export function defaultName({ transport, tlsVersion, resumption, earlyData, ...arm }: ArmInput): string {
  const parts = [
    tlsVersion === '1.2' ? `${transport}12` : transport,
    { none: '', ticket: 'ticket', 'early-data': '0rtt' }[resumption],
    earlyData !== 'accept' && earlyData,
    arm.congestionControl !== 'cubic' && arm.congestionControl,
    typeof arm.streams === 'number' ? `streams-${arm.streams}` : arm.streams !== 'control' && arm.streams,
    arm.datagrams && 'datagrams',
    ...Object.entries(arm.quic ?? {}).map((setting) => setting.join('-')),
    arm.terminator !== 'broker' && arm.terminator,
  ];
  return parts.filter(Boolean).join('-');
}

/** What a plan says of an arm beside its name and its transport. */
export function armWords({ transport, tlsVersion, resumption, earlyData = 'accept', ...arm }: ArmInput): string[] {
  const early = { accept: '', hold: `, ${earlyDataWords.hold}`, reject: ', which the broker rejects' }[earlyData];
  const parts = [
    tlsVersion !== undefined && transport !== 'quic' && `TLS ${tlsVersion}`,
    { none: '', ticket: 'resumed by ticket', 'early-data': `0-RTT early data${early}` }[resumption],
    arm.congestionControl !== 'cubic' && arm.congestionControl,
    streamWords(arm),
    arm.streamPriorities && `priorities ${arm.streamPriorities.join(', ')}`,
    ...handshakeWords(arm),
    arm.datagrams && 'QoS 0 in datagrams',
    ...Object.entries(arm.quic ?? {}).map((setting) => setting.join(' ')),
    { broker: '', nginx: 'TLS ended by nginx', gateway: 'ended by the gateway' }[arm.terminator],
  ];
  return parts.filter((part) => typeof part === 'string' && part !== '') as string[];
}

type Handshake = Pick<ArmInput, 'tls' | 'ws'>;

/** What clients say in the handshakes of TLS and WebSocket; of headers only the names, a value may be a secret. */
function handshakeWords({ tls = {}, ws = {} }: Handshake): string[] {
  const headers = Object.keys(ws.headers ?? {});
  const lists = [
    ...([['suites', tls.ciphers] as const, ['signatures', tls.signatureAlgorithms] as const] as const),
    ...([['groups', tls.groups] as const, ['ALPN', tls.alpn] as const, ['headers', headers] as const] as const),
  ] as const;
  return [
    ...lists.flatMap(([what, names = []]) => (names.length === 0 ? [] : [`${what} ${names.join(' ')}`])),
    ...(tls.serverName === undefined ? [] : [`SNI ${tls.serverName}`]),
    ...(tls.cert === undefined ? [] : ['client certificate']),
    ...(ws.path === undefined ? [] : [`path ${ws.path.replace(/[?#].*/s, '')}`]),
  ];
}

/** In what arms can differ, and what an arm has of each. */
export const differences: readonly (readonly [what: string, has: (arm: ArmInput) => string | undefined])[] = [
  ['congestion control', ({ congestionControl }) => congestionControl],
  ['TLS version', ({ tlsVersion }) => tlsVersion],
  ['sessions resumed', ({ tlsVersion, resumption }) => tlsVersion && resumptionWords[resumption]],
  [
    'early data',
    ({ resumption, earlyData }) => ifSo(resumption === 'early-data', earlyDataWords[earlyData ?? 'accept']),
  ],
  ['streams', ({ transport, streams }) => ifSo(transport === 'quic', String(streams))],
  [
    'stream priorities',
    ({ transport, streamPriorities }) => ifSo(transport === 'quic', streamPriorities?.join(', ') ?? 'all alike'),
  ],
  ['handshake', ({ tlsVersion, ...arm }) => tlsVersion && (handshakeWords(arm).join(', ') || 'as usual')],
  ['QoS 0', ({ transport, datagrams }) => ifSo(transport === 'quic', datagrams ? 'in datagrams' : 'on streams')],
  ['TLS ended by', ({ tlsVersion, terminator }) => tlsVersion && terminator],
];

const ifSo = (isSo: boolean, text: string): string | undefined => (isSo ? text : undefined);
const earlyDataWords = { accept: 'accepted', hold: 'held where a replay does harm', reject: 'rejected' } as const;
const resumptionWords = { none: 'never', ticket: 'by ticket', 'early-data': 'with early data' } as const;
