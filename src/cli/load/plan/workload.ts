import { resolve } from 'node:path';
import { parseDuration } from '../../../base/units.js';
import { mostInflight } from '../../../plan/limits.js';
import type { LoadPlan, Pace, Payload, RateShape, TopicPlan } from '../../../plan/plan.js';
import { highestRate } from '../../../plan/stages.js';
import { readBytes, readText, usage } from '../../parsers.js';
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

/** Who publishes and who subscribes to what. */
export function workload(
  command: LoadCommand,
  flags: LoadFlags,
  cwd: string,
  prefix: string,
): Pick<LoadPlan, 'clients' | 'topics' | 'publishers' | 'publish' | 'subscribe' | 'anyRun'> {
  const { qos, count } = flags;
  if (command === 'conn') return { clients: count };
  const each = flags.topicsPayload === undefined ? undefined : readTopics(cwd, flags.topicsPayload);
  if (command === 'pubsub') return each === undefined ? pubsub(flags, cwd, prefix) : pubsubOf(each, flags, cwd, prefix);
  if (each !== undefined) {
    if (command === 'sub') return { clients: count, subscribe: subFilters(each), anyRun: true };
    return { clients: count, topics: each.length, publish: publishEach(each, flags, count, cwd) };
  }
  const [topic = '%{topic}', ...further] = flags.topic ?? [];
  if (command === 'sub') {
    const subscribe = { topic, qos, ...(further.length > 0 ? { further } : {}) };
    return { clients: count, subscribe, anyRun: true };
  }
  return { clients: count, publish: publishOf(flags, topic, count, cwd) };
}

/** Topics of the patterns; %i counts publishers and subscribers each from the start number. */
const patterns: Readonly<Record<LoadFlags['pattern'], { readonly publish: string; readonly subscribe: string }>> = {
  own: { publish: 'mqbench/own/%c', subscribe: 'mqbench/own/%c' },
  pairs: { publish: 'mqbench/pair/%i', subscribe: 'mqbench/pair/%i' },
  'fan-in': { publish: 'mqbench/in/%i', subscribe: 'mqbench/in/#' },
  'fan-out': { publish: 'mqbench/out/%i', subscribe: 'mqbench/out/#' },
  shared: { publish: 'mqbench/shared/%i', subscribe: '$share/mqbench/mqbench/shared/#' },
};

/** Each client's topics are told apart by a further level; a wildcard takes them all. */
function severalTopics(
  { publish, subscribe }: { publish: string; subscribe: string },
  topics = 1,
): { publish: string; subscribe: string } {
  if (topics === 1) return { publish, subscribe };
  return { publish: `${publish}/%t`, subscribe: subscribe.endsWith('#') ? subscribe : `${subscribe}/%t` };
}

function pubsub(flags: LoadFlags, cwd: string, prefix: string): ReturnType<typeof workload> {
  const { pattern, pubs, qos } = flags;
  const topics =
    flags.topic === undefined ? severalTopics(patterns[pattern], flags.topics) : topicsOf(flags.topic, flags, prefix);
  const publish = publishOf(flags, topics.publish, pubs, cwd);
  const subscribe = { topic: topics.subscribe, qos };
  if (pattern === 'own') return { clients: pubs, publish, subscribe };
  const subs = pattern === 'pairs' ? pubs : flags.subs;
  return { clients: pubs + subs, publishers: pubs, publish, subscribe };
}

/** A topic of the user's, and what the subscribers of the pattern subscribe to for it. */
function topicsOf(
  [topic = '']: readonly string[],
  flags: LoadFlags,
  prefix: string,
): { publish: string; subscribe: string } {
  const { qos, size } = flags;
  const [filter] =
    pubsubFilters([{ topic, qos, intervalMicros: 1e6, payload: { kind: 'filler', bytes: size } }], flags, prefix)
      .each ?? [];
  return { publish: topic, subscribe: filter?.topic ?? topic };
}

/** The same of topics from a file. */
function pubsubOf(
  each: readonly TopicPlan[],
  flags: LoadFlags,
  cwd: string,
  prefix: string,
): ReturnType<typeof workload> {
  checkMeasurable(each, flags);
  const { pattern, pubs } = flags;
  const publish = publishEach(each, flags, pubs, cwd);
  const work = { topics: each.length, publish, subscribe: pubsubFilters(each, flags, prefix) };
  if (pattern === 'own') return { clients: pubs, ...work };
  return { clients: pubs + (pattern === 'pairs' ? pubs : flags.subs), publishers: pubs, ...work };
}

/** Topics that each have their own pace. */
function publishEach(
  each: readonly TopicPlan[],
  flags: LoadFlags,
  publishers: number,
  cwd: string,
): NonNullable<LoadPlan['publish']> {
  const perSecond = each.reduce((sum, { intervalMicros }) => sum + (publishers * 1e6) / intervalMicros, 0);
  const qos = Math.min(...each.map((topic) => topic.qos)) as 0 | 1 | 2;
  const pace: Pace = { kind: 'per-topic', topics: each, perSecond, ...overTime(flags) };
  return { ...publishOf(flags, each.map(({ topic }) => topic).join(', '), publishers, cwd), qos, pace };
}

function publishOf(flags: LoadFlags, topic: string, publishers: number, cwd: string): NonNullable<LoadPlan['publish']> {
  const steady = flags.rate ?? (publishers * 1e6) / (flags.intervalOfMsg ?? 1e6);
  const perSecond = flags.stages ? highestRate(flags.stages) : steady;
  return {
    topic,
    qos: flags.qos,
    retain: flags.retain,
    payload: payloadOf(flags, cwd),
    pace: flags.closedLoop ? { kind: 'closed' } : { kind: 'rate', perSecond, ...overTime(flags) },
    inflight: flags.inflight === 0 ? mostInflight : flags.inflight,
    limit: flags.limit,
    ...messageOf(flags),
    ...(flags.retryInterval ? { retryAfterMicros: flags.retryInterval } : {}),
  };
}

function payloadOf(flags: LoadFlags, cwd: string): Payload {
  const { message, payloadFile, template: text, hook } = flags;
  if (text !== undefined) return { kind: 'template', text };
  if (hook !== undefined) return { kind: 'hook', file: resolve(cwd, hook), timeoutMicros: flags.hookTimeout };
  if (message === undefined && payloadFile === undefined) return { kind: 'filler', bytes: flags.size };
  const bytes = payloadFile === undefined ? Buffer.from(message ?? '') : readBytes(cwd, payloadFile);
  return { kind: 'bytes', base64: bytes.toString('base64') };
}

/** How a rate runs over time. */
function overTime(flags: LoadFlags): Pick<Extract<Pace, { kind: 'rate' }>, 'shape' | 'firstWait'> {
  const { minRandomWait = 0, maxRandomWait = 0 } = flags;
  return {
    shape: shapeOf(flags),
    ...(maxRandomWait > 0 ? { firstWait: { minMicros: minRandomWait, maxMicros: maxRandomWait } } : {}),
  };
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

/** What of the random wait cannot be. */
export function waitProblems({ minRandomWait = 0, maxRandomWait = 0, closedLoop }: LoadFlags): string[] {
  if (minRandomWait === 0 && maxRandomWait === 0) return [];
  const problems: string[] = [];
  if (maxRandomWait < minRandomWait)
    problems.push('--max-random-wait is below --min-random-wait: the wait lies between them');
  if (closedLoop)
    problems.push('--closed-loop has no due times that a random wait could move: give a rate or leave it out');
  return problems;
}
