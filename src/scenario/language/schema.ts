import { z } from 'zod';
import { mostInflight, mostSeed, mostTopics, mostWorkers, usualDialTimeout, usualPayload } from '../../plan/limits.js';
import { armSchema } from './arm.js';
import { mostFleets } from './bounds.js';
import { brokerSchema } from './broker.js';
import { intervals, sizes } from './clients/distribution.js';
import { identityFields } from './clients/identity.js';
import { jwtSchema } from './clients/jwt.js';
import { messageFields } from './clients/messages.js';
import { connectFields, publishFields } from './clients/mqtt5.js';
import { reconnectSchema } from './clients/reconnect.js';
import { streamFields, topicsSchema } from './clients/topics.js';
import { eventSchema, windowSchema } from './events.js';
import { count, duration, oneOrMore, perSecond, qos, qosMix, readsFields, share, size } from './fields.js';
import { fleetSchemas } from './fleets.js';
import { networkSchema } from './network.js';

// The language of scenario files, as data: read.ts validates with it, scenarios/schema.json is exported from it,
// and docs/scenarios.md explains it. Descriptions are what an editor shows.

const filled = z.string().min(1);
const topic = (description: string, example = 'fleet/%i') => filled.meta({ description, examples: [example] });

const publishSchema = z.strictObject({
  topic: topic('With %c (client id) and %i (client number), as in emqtt-bench.').optional(),
  topics: topicsSchema.optional().describe('Instead: topics that each have a pace of their own.'),
  qos: z.union([oneOrMore(qos), qosMix]).default(1),
  payload: z
    .union([oneOrMore(size('Payload of a message; a list multiplies the matrix.', '256')), z.strictObject({ sizes })])
    .default(usualPayload),
  rate: perSecond('Messages per second over ALL clients, on a fixed schedule.').optional(),
  interval: z
    .union([duration('Time between two messages of ONE client, on a fixed schedule.', '1s'), intervals])
    .optional(),
  arrivals: z
    .enum(['even', 'poisson'])
    .optional()
    .describe('Whether the messages of each client come evenly (default) or at random, with exponential gaps.'),
  stages: z
    .array(
      z.strictObject({
        over: duration('How long the stage takes; 0s: the rate changes at once.', '10s'),
        to: z.union([z.literal(0), perSecond('The rate at its end.')]),
      }),
    )
    .min(1)
    .optional()
    .describe(
      'Instead of a rate, one after the other from 0 on: {over: 10s, to: 1000/s} goes up, {over: 30s, to: 1000/s} holds, {over: 0s, to: 200/s} steps. After the last its rate stays.',
    ),
  inflight: count('Most unacknowledged messages per client; due ones beyond it wait, and their wait counts.')
    .max(mostInflight)
    .default(10),
  ...messageFields,
  ...publishFields,
});

const subscribeSchema = z.strictObject({
  topic: topic('With %c (client id) and %i (client number).'),
  qos: qos.default(1),
  ...readsFields,
  ...streamFields,
});

/** Clients of their own: with a wildcard they are a fan-in, on one topic a fan-out. */
const subscribersSchema = z.strictObject({
  clients: count('How many.').default(1),
  topic: topic('What each of them subscribes to; %i counts them from 0.', 'fleet/#'),
  qos: qos.default(1),
  ...readsFields,
});

export const loadSchema = z.strictObject({
  clients: count('Clients in the fleet.').default(100),
  clientStages: z
    .array(
      z.strictObject({
        over: duration('How long the stage takes; 0s: the number changes at once.', '10s'),
        to: count('The number of clients at its end.', 0),
      }),
    )
    .min(1)
    .optional()
    .describe(
      'Clients that neither publish nor subscribe come and go while messages flow, from 0 on: {over: 10s, to: 500} connects, {over: 20s, to: 500} holds, {over: 0s, to: 200} lets 300 go at once.',
    ),
  connectRate: perSecond('Connects per second over all clients; client i is due at i / rate.').default(100),
  connectTimeout: duration('A connect that takes longer has failed.', '30s').default(usualDialTimeout),
  topics: count('Topics of each client, told apart by %t; it publishes to them in turn.').max(mostTopics).default(1),
  mqttVersion: z
    .union([z.literal(3), z.literal(4), z.literal(5)])
    .default(4)
    .describe('Protocol level: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0.'),
  ...connectFields,
  ...identityFields,
  keepalive: duration('Keep-alive that clients ask for; whole seconds.', '60s').default(60_000_000),
  clean: z.boolean().default(true).describe('Clean session, or one that outlives the connection.'),
  jwt: jwtSchema.optional(),
  psk: z
    .strictObject({
      file: filled.describe("Lines of identity:key, the key in hexadecimal, as mosquitto's psk_file."),
      identity: filled.optional().describe('Of a client, with the variables of topics; default %c.'),
    })
    .optional()
    .describe('Pre-shared keys instead of certificates, over tls and wss.'),
  reconnect: reconnectSchema.default({}),
  deadAfter: duration(
    'Silence, although an answer is due, after which a client gives its connection up.',
    '10s',
  ).default(10_000_000),
  duration: duration('How long messages flow once the fleet is connected; 0 measures connects only.', '10s').default(
    10_000_000,
  ),
  drain: duration('How long is waited for what is still under way at the end.', '3s').default(3_000_000),
  subscribe: z
    .union([subscribeSchema, z.array(subscribeSchema).min(1)])
    .optional()
    .describe('What every client subscribes to; a list: to all of these.'),
  subscribers: subscribersSchema
    .optional()
    .describe('Instead of subscribe: further clients that only subscribe, so that the others only publish.'),
  publish: publishSchema.optional().describe('What every client publishes.'),
});
export type LoadInput = z.output<typeof loadSchema>;

/** Of what a load does, as far as `quick` changes it. */
const talkParts = {
  subscribe: z.union([subscribeSchema.partial(), z.array(subscribeSchema).min(1)]),
  publish: publishSchema.partial(),
};

export const { fleet: fleetSchema, partOfFleet } = fleetSchemas(loadSchema, talkParts);
const fleetsSchema = z
  .array(fleetSchema)
  .min(1)
  .max(mostFleets)
  .describe('Several kinds of clients in every cell; what a fleet does not say is that of load.');
export type FleetInput = z.output<typeof fleetSchema>;

export const networkListSchema = z.union([
  z.string(),
  networkSchema,
  z.array(z.union([z.string(), networkSchema])).min(1),
]);
const network = networkListSchema.describe(
  'The networks every arm is run on: named ones, or values, of which a list multiplies. `none` is loopback without a lab.',
);

const searchSchema = z.strictObject({
  from: perSecond('Lowest rate tried; an arm that does not hold it has no capacity.'),
  to: perSecond('Highest rate tried.'),
  fleet: filled
    .optional()
    .describe('With several fleets: the one whose rate is searched; default all, whose rates keep their shares.'),
  hold: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      'What must be true of a run for its rate to count as held; default publish.ack.p99 < 1s and rate.achieved > 0.9 * rate.offered, of the cell and of the fleet that is searched.',
    ),
  duration: duration('How long each run publishes.', '5s').default(5_000_000),
  steps: z.int().min(1).max(12).default(5).describe('How often the range is halved.'),
  share: share('The cells then run at this share of the lowest capacity.').default(0.8),
});
export type SearchInput = z.output<typeof searchSchema>;

const shared = {
  arms: z.array(armSchema).min(1).describe('What is compared: names of transports, or variants of them.'),
  brokers: z
    .array(brokerSchema)
    .min(1)
    .optional()
    .describe("What every arm is played against: mqbench's own broker (included, the default), or those of others."),
  network,
  timeline: z.array(eventSchema).describe('What happens while messages flow.'),
  measure: z
    .array(windowSchema)
    .describe('Parts of the traffic with their own numbers; each ends where the next begins.'),
  repeat: z.int().min(1).max(1000).describe('How often every cell runs; arms alternate.'),
  expect: z.array(z.string()).describe('What must be true, e.g. "quic.rebind.clients.reconnected == 0".'),
  show: z
    .array(z.string())
    .min(1)
    .describe(
      'The numbers that answer the question, the most important first, e.g. "after.publish.ack.p95"; without it, what was measured decides.',
    ),
};

const agentsSchema = z
  .strictObject({
    url: filled.meta({
      description: 'The NATS server that the agents joined, or listen: one is started.',
      examples: ['nats://host:4222'],
    }),
    min: count('Agents that have to be there; default 1, and all that are there.').optional(),
    select: z
      .array(z.string().regex(/^[\w.-]+=[\w.:-]+$/, 'is not a label: write it like region=eu'))
      .optional()
      .describe('Only agents with all of these labels, e.g. region=eu.'),
    credentials: filled.optional().describe('File of credentials of the coordinator for the server.'),
    mayLose: share(
      'A cell goes on without agents that are lost, as long as they had no more of the clients.',
    ).optional(),
  })
  .describe('The machines that the load runs on, instead of this one: mqbench agent runs on each.');

/** Scaled-down values laid over the scenario by --quick: the same fields, each optional. */
const quickSchema = z
  .strictObject({
    ...shared,
    load: loadSchema
      .extend({
        ...talkParts,
        subscribers: subscribersSchema.partial(),
      })
      .partial(),
    fleets: z.record(z.string(), partOfFleet).describe('What changes of fleets, by their names.'),
    search: searchSchema.partial(),
  })
  .partial();

export const scenarioSchema = z
  .strictObject({
    title: filled.describe('One line.'),
    why: z.string().optional().describe('The question it answers.'),
    sources: z.array(z.string()).default([]).describe('Where the question or its published answer is from.'),
    ...shared,
    timeline: shared.timeline.default([]),
    measure: shared.measure.optional(),
    repeat: shared.repeat.default(1),
    expect: shared.expect.default([]),
    show: shared.show.optional(),
    load: loadSchema.describe('What the fleet does; with fleets, what all of them have in common.'),
    fleets: fleetsSchema.optional(),
    search: searchSchema
      .optional()
      .describe('Find the highest publish rate that each arm holds, then run all arms at one rate below the lowest.'),
    lab: z
      .strictObject({
        backend: z.enum(['netem', 'tun']).optional().describe('Default: netem where the kernel has it.'),
        clientAddresses: count('Source addresses of the fleet.').max(250).default(1),
      })
      .optional()
      .describe('Settings of the lab.'),
    agents: agentsSchema.optional(),
    seed: z.int().min(0).max(mostSeed).default(1).describe('Of everything random.'),
    workers: z.int().min(1).max(mostWorkers).optional().describe('Load worker processes.'),
    quick: quickSchema.optional().describe('What --quick changes, to end within a minute.'),
  })
  .meta({ title: 'mqbench scenario' });
export type ScenarioInput = z.output<typeof scenarioSchema>;
