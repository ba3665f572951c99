import { z } from 'zod';
import { transportNames } from '../transport/contract.js';
import { bitRate, count, duration, name, oneOrMore, perSecond, qos, share, size } from './fields.js';
import { congestionControls, natPolicies, resumptions, streamModes, terminators } from './types.js';

// The language of scenario files, as data: read.ts validates with it, scenarios/schema.json is exported from it,
// and docs/scenarios.md explains it. Descriptions are what an editor shows.

const armFields = z.strictObject({
  name: name('Name in tables, cell ids and expectations; default made from the transport and what differs.').optional(),
  transport: z.enum(transportNames).meta({ description: 'What carries MQTT.' }),
  tlsVersion: z
    .union([z.enum(['1.2', '1.3']), z.literal(1.2).transform(() => '1.2'), z.literal(1.3).transform(() => '1.3')])
    .optional()
    .meta({ description: 'TLS version; default 1.3. QUIC is always 1.3 (RFC 9001).' }),
  resumption: z.enum(resumptions).default('none').meta({
    description: 'What reconnects use: a full handshake, a session ticket, or a ticket with early data (0-RTT).',
  }),
  congestionControl: z
    .enum(congestionControls)
    .default('cubic')
    .meta({ description: 'On both ends. Default cubic on TCP and QUIC alike.' }),
  streams: z.enum(streamModes).default('single').meta({ description: 'QUIC only: how MQTT is spread over streams.' }),
  terminator: z
    .enum(terminators)
    .default('broker')
    .meta({ description: 'Who ends TLS: the broker, or nginx in front of it.' }),
});

export const armSchema = z.union([z.enum(transportNames), armFields]);
export type ArmInput = z.output<typeof armSchema>;

/** What one direction of the link does; names of netem, units written out. */
const impairmentFields = {
  delay: duration('One-way delay.', '15ms').optional(),
  jitter: duration('Variation of the delay.', '3ms').optional(),
  distribution: z.enum(['uniform', 'normal', 'pareto']).optional().meta({ description: 'Shape of the jitter.' }),
  jitterCorrelation: share("How much a packet's delay follows the one before.").optional(),
  loss: share('Packets lost at random.').optional(),
  lossCorrelation: share('How much a loss follows the one before.').optional(),
  gilbertElliott: z
    .strictObject({
      p: share('Good to bad, per packet.'),
      r: share('Bad to good, per packet.'),
      lossInBad: share('Loss while bad (1-h).'),
      lossInGood: share('Loss while good (1-k).'),
    })
    .optional()
    .meta({ description: 'Loss in bursts: two states, each with its loss (Gilbert-Elliott).' }),
  reorder: share('Packets sent at once instead of after the delay; needs a delay.').optional(),
  reorderCorrelation: share('How much a reordering follows the one before.').optional(),
  reorderGap: count('Only every n-th packet is a candidate for reordering.').optional(),
  duplicate: share('Packets sent twice.').optional(),
  corrupt: share('Packets with a bit flipped.').optional(),
  rate: bitRate('Bandwidth.').optional(),
  queue: count('Packets that may wait; a full queue drops.').optional(),
  queueTime: duration('Drop instead of waiting longer than this.', '200ms').optional(),
};
export const impairmentSchema = z.strictObject(impairmentFields);
export type ImpairmentInput = z.output<typeof impairmentSchema>;

const directions = {
  up: impairmentSchema.optional().meta({ description: 'Client to server only; wins over the common fields.' }),
  down: impairmentSchema.optional().meta({ description: 'Server to client only; wins over the common fields.' }),
  mtu: z.int().min(576).max(9000).optional().meta({ description: 'Of the access link, bytes. Default 1500.' }),
};

const base = z.string().optional().meta({
  description: 'A named network (lan, wifi, 4g, … see scripts/network/profiles.conf); other fields win over it.',
});

/** A link profile without lists: what an event switches to. */
export const profileSchema = z.strictObject({
  profile: base,
  rtt: duration('Round trip: half of it is the delay in each direction.', '30ms').optional(),
  ...impairmentFields,
  ...directions,
});
export type ProfileInput = z.output<typeof profileSchema>;

/** A network, or a matrix of them: every list multiplies. */
export const networkSchema = z.strictObject({
  name: name('Name in tables, cell ids and expectations; default made from the values.').optional(),
  ...profileSchema.shape,
  rtt: oneOrMore(duration('Round trip: half of it is the delay in each direction.', '30ms')).optional(),
  delay: oneOrMore(duration('One-way delay.', '15ms')).optional(),
  jitter: oneOrMore(duration('Variation of the delay.', '3ms')).optional(),
  loss: oneOrMore(share('Packets lost at random, in each direction.')).optional(),
  reorder: oneOrMore(share('Packets sent at once instead of after the delay; needs a delay.')).optional(),
  duplicate: oneOrMore(share('Packets sent twice.')).optional(),
  corrupt: oneOrMore(share('Packets with a bit flipped.')).optional(),
  rate: oneOrMore(bitRate('Bandwidth.')).optional(),
  nat: oneOrMore(z.enum(natPolicies)).optional().meta({
    description:
      'What the NAT does with TCP packets of a flow it no longer knows: forward (the server resets) or drop. Default forward.',
  }),
});
export type NetworkInput = z.output<typeof networkSchema>;

const publishSchema = z.strictObject({
  topic: z
    .string()
    .min(1)
    .meta({ description: 'With %c (client id) and %i (client number), as in emqtt-bench.', examples: ['fleet/%i'] }),
  qos: oneOrMore(qos).default(1),
  payload: oneOrMore(size('Payload of a message; a list multiplies the matrix.', '256')).default(256),
  rate: perSecond('Messages per second over ALL clients, on a fixed schedule.').optional(),
  interval: duration('Time between two messages of ONE client, on a fixed schedule.', '1s').optional(),
  inflight: z
    .int()
    .min(1)
    .max(65_535)
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

const reconnectSchema = z.union([
  z.literal(false),
  z.strictObject({
    first: duration('Wait before the first try.', '100ms').default(500_000),
    max: duration('The wait doubles up to this.', '5s').default(8_000_000),
  }),
]);

const loadFields = {
  clients: count('Clients in the fleet.').default(100),
  connectRate: perSecond('Connects per second over all clients; client i is due at i / rate.').default(100),
  connectTimeout: duration('A connect that takes longer has failed.', '30s').default(30_000_000),
  mqttVersion: z
    .union([z.literal(3), z.literal(4), z.literal(5)])
    .default(4)
    .meta({ description: 'Protocol level: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0.' }),
  keepalive: duration('Keep-alive that clients ask for; whole seconds.', '60s').default(60_000_000),
  clean: z.boolean().default(true).meta({ description: 'Clean session, or one that outlives the connection.' }),
  reconnect: reconnectSchema
    .default({ first: 500_000, max: 8_000_000 })
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
  publish: publishSchema.optional().meta({ description: 'What every client publishes.' }),
});
export type LoadInput = z.output<typeof loadSchema>;

const eventFields = {
  at: duration('From the start of traffic.', '4s'),
  name: name('Name in reports and measure windows; default what it does.').optional(),
  arms: z.array(z.string()).min(1).optional().meta({ description: 'Only in these arms; default all.' }),
  every: duration('Happens again at this interval until the traffic ends.', '30s').optional(),
};
const some = {
  share: share('Share of the client addresses; default all.').optional(),
  over: duration('Spread over this time; default at once.', '2s').optional(),
};
const returnRate = perSecond('Clients per second that it happens to; default all at once.').optional();
const simpleEvent = <K extends string>(kind: K, description: string) =>
  z.strictObject({ do: z.literal(kind).meta({ description }), ...eventFields });

export const eventSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z
      .literal('rebind')
      .meta({ description: 'The NAT moves clients to another outer address and forgets its table.' }),
    what: z.enum(['address', 'port', 'both']).optional().meta({ description: 'What changes; default the address.' }),
    ...some,
    ...eventFields,
  }),
  z.strictObject({
    do: z.literal('return').meta({ description: 'Back to the outer addresses of the beginning.' }),
    ...some,
    ...eventFields,
  }),
  z.strictObject({
    do: z
      .literal('address-change')
      .meta({ description: "The clients' own addresses change, as from Wi-Fi to mobile." }),
    ...some,
    ...eventFields,
  }),
  z.strictObject({
    do: z.literal('flap').meta({ description: 'Several blackouts.' }),
    times: count('How many.'),
    down: duration('How long nothing passes.', '1s'),
    up: duration('How long everything passes between.', '2s'),
    ...eventFields,
  }),
  z.strictObject({
    do: z.literal('udp-block').meta({ description: 'UDP is dropped from now on, or for a while.' }),
    for: duration('How long; default until udp-open.', '5s').optional(),
    ...eventFields,
  }),
  simpleEvent('udp-open', 'UDP passes again.'),
  z.strictObject({
    do: z.literal('nat').meta({ description: 'What the NAT does with TCP flows it does not know.' }),
    unknownFlows: z.enum(natPolicies),
    ...eventFields,
  }),
  simpleEvent('heal', 'The link gets the profile of the cell back.'),
  z.strictObject({
    do: z
      .literal('disconnect')
      .meta({ description: 'Every client says DISCONNECT and comes back in the same moment.' }),
    rate: returnRate,
    ...eventFields,
  }),
  z.strictObject({
    do: z
      .literal('cut')
      .meta({ description: 'Connections are aborted without a word; clients come back in the same moment.' }),
    rate: returnRate,
    ...eventFields,
  }),
  z.strictObject({
    do: z.literal('profile').meta({ description: 'The link gets another profile.' }),
    to: z.union([z.string(), profileSchema]).meta({
      description: 'A named network, or a profile. Replaces the whole profile; what is not named is perfect.',
    }),
    ...eventFields,
  }),
  z.strictObject({
    do: z.literal('blackout').meta({ description: 'Nothing passes for a while.' }),
    for: duration('How long.', '5s'),
    ...eventFields,
  }),
]);
export type EventInput = z.output<typeof eventSchema>;

const windowSchema = z.strictObject({
  name: name('Name in reports and expectations.'),
  from: z
    .string()
    .default('start')
    .meta({
      description: 'A time from the start of traffic, or an event, or an event and a time after it.',
      examples: ['start', '5s', 'rebind', 'heal + 2s'],
    }),
});
export type WindowInput = z.output<typeof windowSchema>;

const network = z.union([z.string(), networkSchema, z.array(z.union([z.string(), networkSchema])).min(1)]).meta({
  description:
    'The networks every arm is run on: named ones, or values, of which a list multiplies. `none` is loopback without a lab.',
});

const shared = {
  arms: z.array(armSchema).min(1).meta({ description: 'What is compared: names of transports, or variants of them.' }),
  network,
  timeline: z.array(eventSchema).meta({ description: 'What happens while messages flow.' }),
  measure: z
    .array(windowSchema)
    .meta({ description: 'Parts of the traffic with their own numbers; each ends where the next begins.' }),
  repeat: z.int().min(1).max(1000).meta({ description: 'How often every cell runs; arms alternate.' }),
  expect: z.array(z.string()).meta({ description: 'What must be true, e.g. "quic.clients.reconnected == 0".' }),
};

/** Scaled-down values laid over the scenario by --quick: the same fields, each optional. */
const quickSchema = z
  .strictObject({
    ...shared,
    load: z
      .strictObject({ ...loadFields, subscribe: subscribeSchema.partial(), publish: publishSchema.partial() })
      .partial(),
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
    load: loadSchema.meta({ description: 'What the fleet does.' }),
    lab: z
      .strictObject({
        backend: z.enum(['netem', 'tun']).optional().meta({ description: 'Default: netem where the kernel has it.' }),
        clientAddresses: z.int().min(1).max(250).default(1).meta({ description: 'Source addresses of the fleet.' }),
      })
      .optional()
      .meta({ description: 'Settings of the lab.' }),
    seed: z.int().min(0).max(0xffffffff).default(1).meta({ description: 'Of everything random.' }),
    workers: z.int().min(1).max(64).optional().meta({ description: 'Load worker processes.' }),
    quick: quickSchema.optional().meta({ description: 'What --quick changes, to end within a minute.' }),
  })
  .meta({ title: 'mqbench scenario' });
export type ScenarioInput = z.output<typeof scenarioSchema>;
