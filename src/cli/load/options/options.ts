import { parsePerSecond } from '../../../base/units.js';
import { parseDistribution } from '../../../plan/distribution.js';
import {
  mostInflight,
  mostSeed,
  mostTopics,
  mostWorkers,
  usualHookTimeout,
  usualPayload,
} from '../../../plan/limits.js';
import { parseQosMix } from '../../../plan/qos-mix.js';
import { parseReads } from '../../../plan/reads.js';
import { parseStages } from '../../../plan/stages.js';
import { agentRows } from '../../agent/options.js';
import { collect, oneOf, qosOf, size, time, whole } from '../../options/parsers.js';
import { group } from '../../options/rows.js';
import { jsonRow } from '../../options/shared.js';
import { connectOptions } from './connect.js';
import { all, publishing, talking } from './flags.js';
import { jwtOptions } from './jwt.js';
import { messageOptions } from './message.js';
import { sessionOptions } from './sessions.js';
import { streamOptions } from './streams.js';
import { tlsOptions } from './tls.js';
import { willOptions } from './will.js';

const mostUsed = {
  ...group('Most used', talking, {
    topic: [
      '-t, --topic <topic>',
      'topic, with %c client id, %i client number, %u user name, %s message number, %t (see --topics), %rand_N; sub takes several, pubsub publishes and subscribes to it',
      collect,
    ],
    qos: ['-q, --qos <qos>', 'QoS', qosOf, 0],
  }),
  ...group('Most used', publishing, {
    intervalOfMsg: [
      '-I, --interval-of-msg <time>',
      'time between the messages of one client; a bare number is ms (default 1s)',
      time('ms'),
    ],
    rate: ['--rate <n>', 'messages per second over all clients, instead of -I', parsePerSecond],
    size: [
      '-s, --size <size>',
      'payload size; below 20 bytes messages are not measured on arrival (but see --stamp)',
      size(),
      usualPayload,
    ],
  }),
  ...group('Most used', all, {
    duration: [
      '--duration <time>',
      'how long, counted from when all are connected (default: until Ctrl-C, or --limit)',
      time('s'),
    ],
  }),
};

const topics = group('Messages', talking, {
  topics: [
    '--topics <n>',
    'topics of each client; it publishes to them in turn, and %t in the topic is their number from 0',
    whole(1, mostTopics),
  ],
  topicsPayload: [
    '--topics-payload <file>',
    'JSON of topics, instead of -t, -q, -r, -I and -s: {"topics": [{"name", "QoS", "interval_ms", "retain", "payload" or "size", "stream", "stream_priority"}]}; a subscriber has + in the places of %c and %s, which differ from publisher to publisher',
  ],
});

const messages = group('Messages', publishing, {
  retain: ['-r, --retain', 'publish retained'],
  message: [
    '-m, --message <text>',
    'this text as payload, instead of -s; messages are then counted on arrival, but measured only with --stamp property; template://FILE takes the text of that file as --template',
  ],
  template: [
    '--template <text>',
    'payload made for each message: the variables of topics (%rand_N drawn afresh at each place), %{column}, %TIMESTAMP% (ms), %TIMESTAMP_S% (s), %TIMESTAMP_ISO%, %UNIQUE%, %RANDOM%',
  ],
  hook: ['--hook <file>', 'JavaScript module whose default export makes each payload from { client, sequence }'],
  hookTimeout: [
    '--hook-timeout <time>',
    'give the run up when the hook does not come back for so long, or is not loaded after half of it; a bare number is s',
    time('s', 1e6),
    usualHookTimeout,
  ],
  payloadFile: ['--payload-file <file>', 'payload from a file'],
  limit: ['-L, --limit <n>', 'end after this many messages of all clients together', whole(1)],
  inflight: [
    '-F, --inflight <n>',
    'most unacknowledged messages per client; 0 means 65,535, the most that MQTT allows',
    whole(0, mostInflight),
    1,
  ],
  waitBeforePublishing: [
    '-w, --wait-before-publishing',
    'wait with publishing until all clients are connected; mqbench does so without it too',
  ],
  minRandomWait: [
    '--min-random-wait <time>',
    'shortest wait of a client before its first message (default 0); a bare number is ms',
    time('ms'),
  ],
  maxRandomWait: [
    '--max-random-wait <time>',
    'longest such wait; each client draws its own between the two, from --seed, and its whole schedule begins that much later',
    time('ms'),
  ],
  closedLoop: ['--closed-loop', 'as fast as acknowledgements (QoS 0: the connection) allow, instead of a rate'],
  ramp: ['--ramp <from,time>', 'begin at this rate per second and reach the full one after this time, e.g. 0,30s'],
  stages: [
    '--stages <list>',
    'one rate after the other, a time and the rate at its end each, from 0 on: 10s:1000,30s:1000,0s:200,30s:200 goes up, holds, steps down and holds; the run ends with the last',
    parseStages,
  ],
  burst: ['--burst <n>', 'send that many messages at once, with pauses between that keep the mean rate', whole(1)],
  qosMix: [
    '--qos-mix <list>',
    'a QoS drawn for each message, instead of -q: levels with their per cent, 0:70,1:25,2:5; pubsub subscribes with the highest',
    parseQosMix,
  ],
  sizes: [
    '--sizes <distribution>',
    'payload sizes drawn for each message, instead of -s: uniform:100,1000, exponential:256, normal:256,64, lognormal:512,300 (the last three with ,min=20,max=4096 if wanted), or values with their per cent, 64:80,1024:20',
    (text) => parseDistribution(text, size()),
  ],
  intervals: [
    '--intervals <distribution>',
    'times between the messages of one client, drawn each, instead of -I: as --sizes, e.g. uniform:500ms,2s; a bare number is ms',
    (text) => parseDistribution(text, time('ms')),
  ],
  arrivals: [
    '--arrivals <how>',
    'whether the messages of each client come evenly at their rate, or at random (poisson: with exponential gaps) (default even)',
    oneOf('even', 'poisson'),
  ],
  retryInterval: [
    '--retry-interval <time>',
    'send a message again when it is not acknowledged for this long; a bare number is seconds, 0 is never',
    time('s'),
  ],
});

const patterns = ['own', 'pairs', 'fan-in', 'fan-out', 'shared'] as const;
const pattern = group('Messages', ['pubsub'], {
  pattern: ['--pattern <name>', 'own, pairs, fan-in, fan-out or shared', oneOf(...patterns), 'pairs'],
});

const slowness = group('Messages', ['sub', 'pubsub'], {
  reads: [
    '--reads <n>',
    'messages a second that each subscriber reads, or none: it stops reading its connection meanwhile, so that the broker is held up',
    parseReads,
  ],
  readsAfter: [
    '--reads-after <time>',
    'let a subscriber read as it can for so long after it was connected; a bare number is s',
    time('s'),
  ],
});

const answering = group('MQTT 5', ['sub', 'pubsub'], {
  respond: [
    '--respond <size>',
    'answer each message that has a response topic, with its correlation data and a payload of this size',
    size(),
  ],
});

const churn = group('Churn', all, {
  stay: ['--stay <time>', 'every client stays connected for this long, leaves, and comes back', time('s')],
  away: ['--away <time>', 'how long such a client is away', time('s'), 1e6],
  abrupt: ['--abrupt', 'leave without DISCONNECT'],
});

const run = group('Run', all, {
  warmup: ['--warmup <time>', 'leave the first part of the run, this long, out of the numbers', time('s')],
  linger: ['--linger <time>', 'longest wait at the end for messages that are still under way', time('s'), 5e6],
  workers: [
    '--workers <n>',
    'generator processes (default: processors that may be used - 1, at least 1)',
    whole(1, mostWorkers),
  ],
  json: jsonRow,
  csv: ['--csv <file>', 'write the numbers of every second'],
  expect: ['--expect <text>', 'e.g. "publish.ack.p95 < 20ms"; missed or without data: exit 10 (repeatable)', collect],
  prometheus: ['--prometheus [address]', 'serve /metrics there, e.g. 0.0.0.0:9465 (default 127.0.0.1:9465)'],
  quiet: ['--quiet', 'no progress, only the summary'],
  color: ['--no-color', 'no colours'],
  seed: ['--seed <n>', 'seed of all randomness', whole(0, mostSeed), 1],
});

/** All options of the commands that make load. */
export const loadOptions = {
  ...connectOptions,
  ...willOptions,
  ...mostUsed,
  ...tlsOptions,
  ...jwtOptions,
  ...sessionOptions,
  ...streamOptions,
  ...topics,
  ...messages,
  ...messageOptions,
  ...pattern,
  ...slowness,
  ...answering,
  ...churn,
  ...group('Many machines', all, agentRows),
  ...run,
};
