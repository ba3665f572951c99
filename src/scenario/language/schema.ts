import { z } from 'zod';
import {
  mostInflight,
  mostSeed,
  mostTopics,
  mostWorkers,
  usualDialTimeout,
  usualPayload,
  usualRetry,
} from '../../plan/limits.js';
import { resumptions } from '../../plan/plan.js';
import { earlyDataPolicies, tlsVersions, transportNames } from '../../transport/contract.js';
import { armSettings, congestionControls } from '../../transport/quic/settings.js';
import { mostStreams, streamMaps } from '../../transport/stream-map.js';
import { terminators } from '../types.js';
import { eventSchema, windowSchema } from './events.js';
import { count, duration, name, oneOrMore, perSecond, qos, share, size } from './fields.js';
import { networkSchema } from './network.js';

// The language of scenario files, as data: read.ts validates with it, scenarios/schema.json is exported from it,
// and docs/scenarios.md explains it. Descriptions are what an editor shows.

/** Both ends' settings of QUIC; each is described and checked by its table. */
const quicSchema = z.strictObject(
  Object.fromEntries(
    armSettings.map(([name, { standard, bounds, choices, range, says }]) => {
      const kind = typeof standard === 'boolean' ? z.boolean() : z.enum((choices ?? []) as string[]);
      const value: z.ZodType = bounds ? z.int().min(bounds[0]).max(bounds[1]) : kind;
      return [name, value.optional().meta({ description: `${says} (${range}).` })];
    }),
  ),
);

const armFields = z.strictObject({
  name: name('Name in tables, cell ids and expectations; default made from the transport and what differs.').optional(),
  transport: z.enum(transportNames).meta({ description: 'What carries MQTT.' }),
  tlsVersion: z
    .union([
      z.enum(tlsVersions),
      z.literal(1.2).transform(() => '1.2' as const),
      z.literal(1.3).transform(() => '1.3' as const),
    ])
    .optional()
    .meta({ description: 'TLS version; default 1.3. QUIC is always 1.3 (RFC 9001).' }),
  resumption: z.enum(resumptions).default('none').meta({
    description: 'What reconnects use: a full handshake, a session ticket, or a ticket with early data (0-RTT).',
  }),
  earlyData: z.enum(earlyDataPolicies).optional().meta({
    description:
      'What the broker does with early data: accept it (default), hold what a replay would do harm with until the handshake is done, reject it.',
  }),
  congestionControl: z
    .enum(congestionControls)
    .default('cubic')
    .meta({ description: 'On both ends. Default cubic on TCP and QUIC alike.' }),
  streams: z
    .union([z.enum(streamMaps), z.int().min(1).max(mostStreams)])
    .default('control')
    .meta({ description: 'QUIC only: which stream a packet goes to; a number is that many data streams.' }),
  datagrams: z.boolean().default(false).meta({ description: 'QUIC only: QoS 0 in QUIC datagrams, both ways.' }),
  quic: quicSchema.optional().meta({ description: 'QUIC only: settings of both ends, docs/quic.md.' }),
  terminator: z
    .enum(terminators)
    .default('broker')
    .meta({ description: 'Who ends TLS: the broker, or nginx in front of it.' }),
});

export const armSchema = z.union([z.enum(transportNames), armFields]);
export type ArmInput = z.output<typeof armSchema>;

const publishSchema = z.strictObject({
  topic: z
    .string()
    .min(1)
    .meta({ description: 'With %c (client id) and %i (client number), as in emqtt-bench.', examples: ['fleet/%i'] }),
  qos: oneOrMore(qos).default(1),
  payload: oneOrMore(size('Payload of a message; a list multiplies the matrix.', '256')).default(usualPayload),
  rate: perSecond('Messages per second over ALL clients, on a fixed schedule.').optional(),
  interval: duration('Time between two messages of ONE client, on a fixed schedule.', '1s').optional(),
  stages: z
    .array(
      z.strictObject({
        over: duration('How long the stage takes; 0s: the rate changes at once.', '10s'),
        to: z.union([z.literal(0), perSecond('The rate at its end.')]),
      }),
    )
    .min(1)
    .optional()
    .meta({
      description:
        'Instead of a rate, one after the other from 0 on: {over: 10s, to: 1000/s} goes up, {over: 30s, to: 1000/s} holds, {over: 0s, to: 200/s} steps. After the last its rate stays.',
    }),
  inflight: z
    .int()
    .min(1)
    .max(mostInflight)
    .default(10)
    .meta({ description: 'Most unacknowledged messages per client; due ones beyond it wait, and their wait counts.' }),
});

const subscribeSchema = z.strictObject({
  topic: z
    .string()
    .min(1)
    .meta({ description: 'With %c (client id) and %i (client number).', examples: ['fleet/%i'] }),
  qos: qos.default(1),
});

/** Clients of their own: with a wildcard they are a fan-in, on one topic a fan-out. */
const subscribersSchema = z.strictObject({
  clients: count('How many.').default(1),
  topic: z
    .string()
    .min(1)
    .meta({ description: 'What each of them subscribes to; %i counts them from 0.', examples: ['fleet/#'] }),
  qos: qos.default(1),
});

const reconnectSchema = z.union([
  z.literal(false),
  z.strictObject({
    first: duration('Wait before the first try.', '100ms').default(usualRetry.firstMicros),
    max: duration('The wait doubles up to this.', '5s').default(usualRetry.maxMicros),
  }),
]);

const loadFields = {
  clients: count('Clients in the fleet.').default(100),
  connectRate: perSecond('Connects per second over all clients; client i is due at i / rate.').default(100),
  connectTimeout: duration('A connect that takes longer has failed.', '30s').default(usualDialTimeout),
  topics: count('Topics of each client, told apart by %t; it publishes to them in turn.').max(mostTopics).default(1),
  mqttVersion: z
    .union([z.literal(3), z.literal(4), z.literal(5)])
    .default(4)
    .meta({ description: 'Protocol level: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0.' }),
  keepalive: duration('Keep-alive that clients ask for; whole seconds.', '60s').default(60_000_000),
  clean: z.boolean().default(true).meta({ description: 'Clean session, or one that outlives the connection.' }),
  reconnect: reconnectSchema
    .default({ first: usualRetry.firstMicros, max: usualRetry.maxMicros })
    .meta({ description: 'How lost clients come back (wait doubles, with jitter), or false: they do not.' }),
  deadAfter: duration(
    'Silence, although an answer is due, after which a client gives its connection up.',
    '10s',
  ).default(10_000_000),
  duration: duration('How long messages flow once the fleet is connected; 0 measures connects only.', '10s').default(
    10_000_000,
  ),
  drain: duration('How long is waited for what is still under way at the end.', '3s').default(3_000_000),
};
export const loadSchema = z.strictObject({
  ...loadFields,
  subscribe: subscribeSchema.optional().meta({ description: 'What every client subscribes to.' }),
  subscribers: subscribersSchema.optional().meta({
    description: 'Instead of subscribe: further clients that only subscribe, so that the others only publish.',
  }),
  publish: publishSchema.optional().meta({ description: 'What every client publishes.' }),
});
export type LoadInput = z.output<typeof loadSchema>;

export const networkListSchema = z.union([
  z.string(),
  networkSchema,
  z.array(z.union([z.string(), networkSchema])).min(1),
]);
const network = networkListSchema.meta({
  description:
    'The networks every arm is run on: named ones, or values, of which a list multiplies. `none` is loopback without a lab.',
});

const searchFields = {
  from: perSecond('Lowest rate tried; an arm that does not hold it has no capacity.'),
  to: perSecond('Highest rate tried.'),
  hold: z
    .array(z.string())
    .min(1)
    .default(['publish.ack.p99 < 1s', 'rate.achieved > 0.9 * rate.offered'])
    .meta({ description: 'What must be true of a run for its rate to count as held.' }),
  duration: duration('How long each run publishes.', '5s').default(5_000_000),
  steps: z.int().min(1).max(12).default(5).meta({ description: 'How often the range is halved.' }),
  share: share('The cells then run at this share of the lowest capacity.').default(0.8),
};
const searchSchema = z.strictObject(searchFields);
export type SearchInput = z.output<typeof searchSchema>;

const shared = {
  arms: z.array(armSchema).min(1).meta({ description: 'What is compared: names of transports, or variants of them.' }),
  network,
  timeline: z.array(eventSchema).meta({ description: 'What happens while messages flow.' }),
  measure: z
    .array(windowSchema)
    .meta({ description: 'Parts of the traffic with their own numbers; each ends where the next begins.' }),
  repeat: z.int().min(1).max(1000).meta({ description: 'How often every cell runs; arms alternate.' }),
  expect: z.array(z.string()).meta({ description: 'What must be true, e.g. "quic.rebind.clients.reconnected == 0".' }),
  show: z.array(z.string()).min(1).meta({
    description:
      'The numbers that answer the question, the most important first, e.g. "after.publish.ack.p95"; without it, what was measured decides.',
  }),
};

/** Scaled-down values laid over the scenario by --quick: the same fields, each optional. */
const quickSchema = z
  .strictObject({
    ...shared,
    load: z
      .strictObject({
        ...loadFields,
        subscribe: subscribeSchema.partial(),
        subscribers: subscribersSchema.partial(),
        publish: publishSchema.partial(),
      })
      .partial(),
    search: z.strictObject(searchFields).partial(),
  })
  .partial();

export const scenarioSchema = z
  .strictObject({
    title: z.string().min(1).meta({ description: 'One line.' }),
    why: z.string().optional().meta({ description: 'The question it answers.' }),
    sources: z
      .array(z.string())
      .default([])
      .meta({ description: 'Where the question or its published answer is from.' }),
    ...shared,
    timeline: shared.timeline.default([]),
    measure: shared.measure.optional(),
    repeat: shared.repeat.default(1),
    expect: shared.expect.default([]),
    show: shared.show.optional(),
    load: loadSchema.meta({ description: 'What the fleet does.' }),
    search: searchSchema.optional().meta({
      description: 'Find the highest publish rate that each arm holds, then run all arms at one rate below the lowest.',
    }),
    lab: z
      .strictObject({
        backend: z.enum(['netem', 'tun']).optional().meta({ description: 'Default: netem where the kernel has it.' }),
        clientAddresses: z.int().min(1).max(250).default(1).meta({ description: 'Source addresses of the fleet.' }),
      })
      .optional()
      .meta({ description: 'Settings of the lab.' }),
    seed: z.int().min(0).max(mostSeed).default(1).meta({ description: 'Of everything random.' }),
    workers: z.int().min(1).max(mostWorkers).optional().meta({ description: 'Load worker processes.' }),
    quick: quickSchema.optional().meta({ description: 'What --quick changes, to end within a minute.' }),
  })
  .meta({ title: 'mqbench scenario' });
export type ScenarioInput = z.output<typeof scenarioSchema>;
