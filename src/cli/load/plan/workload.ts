import { resolve } from 'node:path';
import { meanOf } from '../../../base/numbers/distribution.js';
import { readBytes, readText } from '../../../base/read-file.js';
import { parseDuration } from '../../../base/units.js';
import { drawnPayload, gapsOf } from '../../../plan/distribution.js';
import { mostInflight } from '../../../plan/limits.js';
import type { LoadPlan, Pace, Payload, PublishPlan, RateShape, SubscribePlan, TopicPlan } from '../../../plan/plan.js';
import { ownTopics } from '../../../plan/plan.js';
import { levelsOfMix, mixed } from '../../../plan/qos-mix.js';
import { readsOf } from '../../../plan/reads.js';
import { highestRate } from '../../../plan/stages.js';
import { usage } from '../../options/parsers.js';
import type { LoadCommand, LoadFlags } from '../options/flags.js';
import { messageOf } from '../options/message.js';
import { pubsubFilters, subFilters } from './topic-filters.js';
import { checkMeasurable, readTopics } from './topics.js';

const templateScheme = 'template://';

/** emqtt-bench's `-m template://FILE` is the template that is in the file. @throws MQB_USAGE when it cannot be read */
export function withTemplateFile(flags: LoadFlags, cwd: string): LoadFlags {
  const { message, ...rest } = flags;
  if (!message?.startsWith(templateScheme)) return flags;
  if (flags.template !== undefined) throw usage('-m template://… and --template are several payloads', 'give one');
  return { ...rest, template: readText(cwd, message.slice(templateScheme.length)) };
}

type Work = Pick<LoadPlan, 'clients' | 'topics' | 'publishers' | 'publish' | 'subscribe' | 'anyRun'>;

/** Who publishes and who subscribes to what. */
export function workload(command: LoadCommand, flags: LoadFlags, cwd: string, prefix: string): Work {
  const { qos, count: clients } = flags;
  if (command === 'conn') return { clients };
  const each = flags.topicsPayload === undefined ? undefined : readTopics(cwd, flags.topicsPayload);
  if (command === 'pubsub') return pubsub(flags, each, cwd, prefix);
  const [topic = '%{topic}', ...others] = flags.topic ?? [];
  const further = others.length > 0 ? others : undefined;
  if (command === 'sub')
    return {
      clients,
      subscribe: { ...(each ? subFilters(each) : { topic, qos, further }), ...listening(flags) },
      anyRun: true,
    };
  if (each === undefined) return { clients, ...publishing(flags, topic, clients, cwd) };
  return { clients, topics: each.length, publish: publishEach(each, flags, clients, cwd) };
}

function pubsub(flags: LoadFlags, each: readonly TopicPlan[] | undefined, cwd: string, prefix: string): Work {
  const { pattern, pubs, subs, qos, topic, topics } = flags;
  let work: Work;
  if (each === undefined) {
    const own = topic === undefined ? severalTopics(patterns[pattern], topics) : topicsOf(topic, flags, prefix);
    const highest = flags.qosMix === undefined ? qos : (levelsOfMix(flags.qosMix).at(-1) ?? qos);
    const subscribe = { topic: own.subscribe, qos: highest, ...listening(flags) };
    work = { clients: pubs, ...publishing(flags, own.publish, pubs, cwd), subscribe };
  } else {
    checkMeasurable(each, flags);
    const publish = publishEach(each, flags, pubs, cwd);
    work = {
      clients: pubs,
      topics: each.length,
      publish,
      subscribe: { ...pubsubFilters(each, flags, prefix), ...listening(flags) },
    };
  }
  if (pattern === 'own') return work;
  return { ...work, clients: pubs + (pattern === 'pairs' ? pubs : subs), publishers: pubs };
}

interface Topics {
  readonly publish: string;
  readonly subscribe: string;
}

/** Topics of the patterns; %i counts publishers and subscribers each from the start number. */
const patterns: Readonly<Record<LoadFlags['pattern'], Topics>> = {
  own: { publish: 'mqbench/own/%c', subscribe: 'mqbench/own/%c' },
  pairs: { publish: 'mqbench/pair/%i', subscribe: 'mqbench/pair/%i' },
  'fan-in': { publish: 'mqbench/in/%i', subscribe: 'mqbench/in/#' },
  'fan-out': { publish: 'mqbench/out/%i', subscribe: 'mqbench/out/#' },
  shared: { publish: 'mqbench/shared/%i', subscribe: '$share/mqbench/mqbench/shared/#' },
};

/** Each client's topics are told apart by a further level; a wildcard takes them all. */
function severalTopics({ publish, subscribe }: Topics, topics = 1): Topics {
  if (topics === 1) return { publish, subscribe };
  return { publish: `${publish}/%t`, subscribe: subscribe.endsWith('#') ? subscribe : `${subscribe}/%t` };
}

/** A topic of the user's, and what the subscribers of the pattern subscribe to for it. */
function topicsOf([topic = '']: readonly string[], flags: LoadFlags, prefix: string): Topics {
  const payload = { kind: 'filler', bytes: flags.size } as const;
  const filters = pubsubFilters([{ topic, qos: flags.qos, intervalMicros: 1e6, payload }], flags, prefix);
  return { publish: topic, subscribe: filters.each?.[0]?.topic ?? topic };
}

/** Topics that each have their own pace. */
function publishEach(each: readonly TopicPlan[], flags: LoadFlags, publishers: number, cwd: string): PublishPlan {
  const perSecond = each.reduce((sum, { intervalMicros }) => sum + (publishers * 1e6) / intervalMicros, 0);
  const qos = Math.min(...each.map((topic) => topic.qos)) as 0 | 1 | 2;
  const pace: Pace = { kind: 'per-topic', topics: each, perSecond, ...overTime(flags) };
  return { ...publishOf(flags, each.map(({ topic }) => topic).join(', '), publishers, cwd), qos, pace };
}

/** What subscribers do with what comes. */
const listening = (flags: LoadFlags): Pick<SubscribePlan, 'reads' | 'respond'> => ({
  reads: readsOf(flags),
  respond: flags.respond === undefined ? undefined : { bytes: flags.respond },
});

/** A mix of QoS has its levels as topics. */
function publishing(
  flags: LoadFlags,
  topic: string,
  publishers: number,
  cwd: string,
): Pick<Work, 'publish' | 'topics'> {
  const publish = mixed(publishOf(flags, topic, publishers, cwd), flags.qosMix, publishers);
  const topics = ownTopics({ publish })?.length;
  return topics === undefined ? { publish } : { publish, topics };
}

function publishOf(flags: LoadFlags, topic: string, publishers: number, cwd: string): PublishPlan {
  const between = flags.intervals ? meanOf(flags.intervals) : (flags.intervalOfMsg ?? 1e6);
  const steady = flags.rate ?? (publishers * 1e6) / between;
  const perSecond = flags.stages ? highestRate(flags.stages) : steady;
  return {
    topic,
    qos: flags.qos,
    retain: flags.retain,
    payload: payloadOf(flags, cwd),
    pace: flags.closedLoop ? { kind: 'closed' } : { kind: 'rate', perSecond, ...overTime(flags), ...gapsOf(flags) },
    inflight: flags.inflight === 0 ? mostInflight : flags.inflight,
    limit: flags.limit,
    ...messageOf(flags),
    retryAfterMicros: flags.retryInterval || undefined,
  };
}

function payloadOf(flags: LoadFlags, cwd: string): Payload {
  const { message, payloadFile, template: text, hook } = flags;
  if (text !== undefined) return { kind: 'template', text };
  if (hook !== undefined) return { kind: 'hook', file: resolve(cwd, hook), timeoutMicros: flags.hookTimeout };
  if (flags.sizes !== undefined) return drawnPayload(flags.sizes);
  if (message === undefined && payloadFile === undefined) return { kind: 'filler', bytes: flags.size };
  const bytes = payloadFile === undefined ? Buffer.from(message ?? '') : readBytes(cwd, payloadFile);
  return { kind: 'bytes', base64: bytes.toString('base64') };
}

/** How a rate runs over time. */
function overTime(flags: LoadFlags): Pick<Extract<Pace, { kind: 'rate' }>, 'shape' | 'firstWait'> {
  const { minRandomWait = 0, maxRandomWait = 0 } = flags;
  const firstWait = { minMicros: minRandomWait, maxMicros: maxRandomWait };
  return { shape: shapeOf(flags), firstWait: maxRandomWait > 0 ? firstWait : undefined };
}

function shapeOf(flags: LoadFlags): RateShape | undefined {
  if (flags.burst !== undefined) return { kind: 'burst', size: flags.burst };
  if (flags.stages !== undefined) return { kind: 'stages', stages: flags.stages };
  if (flags.ramp === undefined) return undefined;
  const [from, over] = flags.ramp.split(',');
  const fromPerSecond = Number(from);
  if (over === undefined || !(fromPerSecond >= 0)) throw usage(`"${flags.ramp}" is not a ramp`, 'write it like 0,30s');
  return { kind: 'ramp', fromPerSecond, overMicros: parseDuration(over, 's') };
}
