import {
  mostClients,
  mostInflight,
  mostSeed,
  mostTopics,
  mostWorkers,
  usualHookTimeout,
  usualPayload,
} from '../../../plan/limits.js';
import { parseStages } from '../../../plan/stages.js';
import { collect, oneOf, perSecond, qosOf, size, time, whole } from '../../parsers.js';
import { connectOptions } from './connect.js';
import { messageOptions } from './message.js';
import type { OptionRow } from './row.js';
import { sessionOptions } from './sessions.js';
import { streamOptions } from './streams.js';
import { tlsOptions } from './tls.js';

const publishing = ['pub', 'pubsub'] as const;
const talking = ['pub', 'sub', 'pubsub'] as const;

/** All options; what they give is of the type {@link ./flags.ts LoadFlags}, which follows from them. */
export const rows = {
  ...connectOptions,
  ...tlsOptions,
  ...sessionOptions,
  ...streamOptions,
  ...messageOptions,
  topic: {
    flags: '-t, --topic <topic>',
    group: 'messages',
    says: 'topic, with %c client id, %i client number, %u user name, %s message number, %t (see --topics), %rand_N; sub takes several, pubsub publishes and subscribes to it',
    parse: collect,
    only: talking,
  },
  topics: {
    flags: '--topics <n>',
    group: 'messages',
    says: 'topics of each client; it publishes to them in turn, and %t in the topic is their number from 0',
    parse: whole(1, mostTopics),
    only: talking,
  },
  qos: { flags: '-q, --qos <qos>', group: 'messages', says: 'QoS', parse: qosOf, default: 0, only: talking },
  retain: { flags: '-r, --retain', group: 'messages', says: 'publish retained', only: publishing },
  intervalOfMsg: {
    flags: '-I, --interval-of-msg <time>',
    group: 'messages',
    says: 'time between the messages of one client; a bare number is ms (default 1s)',
    parse: time('ms'),
    only: publishing,
  },
  rate: {
    flags: '--rate <n>',
    group: 'messages',
    says: 'messages per second over all clients, instead of -I',
    parse: perSecond,
    only: publishing,
  },
  size: {
    flags: '-s, --size <size>',
    group: 'messages',
    says: 'payload size; below 20 bytes messages are not measured on arrival (but see --stamp)',
    parse: size,
    default: usualPayload,
    only: publishing,
  },
  message: {
    flags: '-m, --message <text>',
    group: 'messages',
    says: 'this text as payload, instead of -s; messages are then counted on arrival, but measured only with --stamp property; template://FILE takes the text of that file as --template',
    only: publishing,
  },
  template: {
    flags: '--template <text>',
    group: 'messages',
    says: 'payload made for each message: the variables of topics (%rand_N drawn afresh at each place), %{column}, %TIMESTAMP% (ms), %TIMESTAMP_S% (s), %TIMESTAMP_ISO%, %UNIQUE%, %RANDOM%',
    only: publishing,
  },
  hook: {
    flags: '--hook <file>',
    group: 'messages',
    says: 'JavaScript module whose default export makes each payload from { client, sequence }',
    only: publishing,
  },
  hookTimeout: {
    flags: '--hook-timeout <time>',
    group: 'messages',
    says: 'give the run up when the hook does not come back for so long, or is not loaded after half of it; a bare number is s',
    parse: time('s', 1e6),
    default: usualHookTimeout,
    only: publishing,
  },
  feeder: {
    flags: '--feeder <file>',
    group: 'clients',
    says: 'CSV or JSON, a row per client: id, username, password, topic, certfile, keyfile, and others for %{column}',
  },
  payloadFile: { flags: '--payload-file <file>', group: 'messages', says: 'payload from a file', only: publishing },
  limit: {
    flags: '-L, --limit <n>',
    group: 'messages',
    says: 'end after this many messages of all clients together',
    parse: whole(1),
    only: publishing,
  },
  inflight: {
    flags: '-F, --inflight <n>',
    group: 'messages',
    says: 'most unacknowledged messages per client; 0 means 65,535, the most that MQTT allows',
    parse: whole(0, mostInflight),
    default: 1,
    only: publishing,
  },
  waitBeforePublishing: {
    flags: '-w, --wait-before-publishing',
    group: 'messages',
    says: 'wait with publishing until all clients are connected; mqbench does so without it too',
    only: publishing,
  },
  topicsPayload: {
    flags: '--topics-payload <file>',
    group: 'messages',
    says: 'JSON of topics, instead of -t, -q, -r, -I and -s: {"topics": [{"name", "QoS", "interval_ms", "retain", "payload" or "size", "stream", "stream_priority"}]}; a subscriber has + in the places of %c and %s, which differ from publisher to publisher',
    only: talking,
  },
  minRandomWait: {
    flags: '--min-random-wait <time>',
    group: 'messages',
    says: 'shortest wait of a client before its first message (default 0); a bare number is ms',
    parse: time('ms'),
    only: publishing,
  },
  maxRandomWait: {
    flags: '--max-random-wait <time>',
    group: 'messages',
    says: 'longest such wait; each client draws its own between the two, from --seed, and its whole schedule begins that much later',
    parse: time('ms'),
    only: publishing,
  },
  closedLoop: {
    flags: '--closed-loop',
    group: 'messages',
    says: 'as fast as acknowledgements (QoS 0: the connection) allow, instead of a rate',
    only: publishing,
  },
  ramp: {
    flags: '--ramp <from,time>',
    group: 'messages',
    says: 'begin at this rate per second and reach the full one after this time, e.g. 0,30s',
    only: publishing,
  },
  stages: {
    flags: '--stages <list>',
    group: 'messages',
    says: 'one rate after the other, a time and the rate at its end each, from 0 on: 10s:1000,30s:1000,0s:200,30s:200 goes up, holds, steps down and holds; the run ends with the last',
    parse: parseStages,
    only: publishing,
  },
  burst: {
    flags: '--burst <n>',
    group: 'messages',
    says: 'send that many messages at once, with pauses between that keep the mean rate',
    parse: whole(1),
    only: publishing,
  },
  retryInterval: {
    flags: '--retry-interval <time>',
    group: 'messages',
    says: 'send a message again when it is not acknowledged for this long; a bare number is seconds, 0 is never',
    parse: time('s'),
    only: publishing,
  },
  pattern: {
    flags: '--pattern <name>',
    group: 'messages',
    says: 'own, pairs, fan-in, fan-out or shared',
    parse: oneOf('own', 'pairs', 'fan-in', 'fan-out', 'shared'),
    default: 'pairs',
    only: ['pubsub'],
  },
  pubs: {
    flags: '--pubs <n>',
    group: 'clients',
    says: 'publishers (own: clients that do both)',
    parse: whole(1, mostClients),
    default: 100,
    only: ['pubsub'],
  },
  subs: {
    flags: '--subs <n>',
    group: 'clients',
    says: 'subscribers',
    parse: whole(1, mostClients),
    default: 100,
    only: ['pubsub'],
  },
  stay: {
    flags: '--stay <time>',
    group: 'churn',
    says: 'every client stays connected for this long, leaves, and comes back',
    parse: time('s'),
  },
  away: {
    flags: '--away <time>',
    group: 'churn',
    says: 'how long such a client is away',
    parse: time('s'),
    default: 1e6,
  },
  abrupt: { flags: '--abrupt', group: 'churn', says: 'leave without DISCONNECT' },
  duration: {
    flags: '--duration <time>',
    group: 'run',
    says: 'how long, counted from when all are connected (default: until Ctrl-C, or --limit)',
    parse: time('s'),
  },
  warmup: {
    flags: '--warmup <time>',
    group: 'run',
    says: 'leave the first part of the run, this long, out of the numbers',
    parse: time('s'),
  },
  linger: {
    flags: '--linger <time>',
    group: 'run',
    says: 'longest wait at the end for messages that are still under way',
    parse: time('s'),
    default: 5e6,
  },
  workers: {
    flags: '--workers <n>',
    group: 'run',
    says: 'generator processes (default: processors that may be used - 1, at least 1)',
    parse: whole(1, mostWorkers),
  },
  json: { flags: '--json <file>', group: 'run', says: 'write the result, as mqbench run does' },
  csv: { flags: '--csv <file>', group: 'run', says: 'write the numbers of every second' },
  expect: {
    flags: '--expect <text>',
    group: 'run',
    says: 'e.g. "publish.ack.p95 < 20ms"; missed or without data: exit 10 (repeatable)',
    parse: collect,
  },
  prometheus: {
    flags: '--prometheus [address]',
    group: 'run',
    says: 'serve /metrics there, e.g. 0.0.0.0:9465 (default 127.0.0.1:9465)',
  },
  quiet: { flags: '--quiet', group: 'run', says: 'no progress, only the summary' },
  color: { flags: '--no-color', group: 'run', says: 'no colours' },
  seed: { flags: '--seed <n>', group: 'run', says: 'seed of all randomness', parse: whole(0, mostSeed), default: 1 },
} as const satisfies Record<string, OptionRow>;

export const loadOptions: Readonly<Record<keyof typeof rows, OptionRow>> = rows;
