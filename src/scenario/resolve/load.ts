import { type Distribution, meanOf } from '../../base/distribution.js';
import { ownEntry } from '../../base/own.js';
import { formatCount, formatDuration } from '../../base/units.js';
import type { Asked, Door, Levels, Setting } from '../../plan/asked.js';
import { check } from '../../plan/check.js';
import { drawnPayload, gapsOf } from '../../plan/distribution.js';
import { usualRetry } from '../../plan/limits.js';
import type { FleetPlan, Pace, Payload, PublishPlan } from '../../plan/plan.js';
import { levelsOfMix, mixed, type QosMix } from '../../plan/qos-mix.js';
import { readsOf } from '../../plan/reads.js';
import { type ReconnectPlan, reconnectOf } from '../../plan/reconnect.js';
import { highestRate, type RateStage, stagesMicros } from '../../plan/stages.js';
import type { Mistakes } from '../language/mistakes.js';
import { connectProperties, mqtt5Asked, publishProperties } from '../language/mqtt5.js';
import { type ReconnectInput, reconnectAsked } from '../language/reconnect.js';
import type { LoadInput } from '../language/schema.js';
import type { ResolvedScenario } from '../types.js';

/** The load in the engine's terms, and its variants when something in it is a list. */
export function resolveLoads(input: LoadInput, mistakes: Mistakes): Pick<ResolvedScenario, 'load' | 'loads'> {
  const payloads = [input.publish?.payload ?? 0].flat();
  const qualities: SinglePublish['qos'][] = [input.publish?.qos ?? 0].flat();
  const variants = payloads.flatMap((payload) => qualities.map((qos) => ({ payload, qos })));
  const loads = variants.map(({ payload, qos }) => {
    const publish = input.publish && { ...input.publish, payload, qos };
    const names = [
      ...(payloads.length > 1 ? [formatPayload(payload)] : []),
      ...(qualities.length > 1 ? [typeof qos === 'number' ? `qos${qos}` : 'qos-mix'] : []),
    ];
    return { name: names.join('+'), load: resolveLoad({ ...input, publish }, mistakes) };
  });
  return { load: loads[0]!.load, loads: loads.length > 1 ? loads : undefined };
}

/** `256B`, `64KiB`: as short as it is exact, for a name. */
const formatPayload = (payload: SinglePublish['payload']): string => {
  if (typeof payload !== 'number') return 'sizes';
  return payload >= 1024 && payload % 1024 === 0 ? `${payload / 1024}KiB` : `${payload}B`;
};

/** A load without lists. */
type SingleLoad = Omit<LoadInput, 'publish'> & { readonly publish: SinglePublish | undefined };
type SinglePublish = Omit<NonNullable<LoadInput['publish']>, 'payload' | 'qos'> & {
  payload: number | { readonly sizes: Distribution };
  qos: 0 | 1 | 2 | QosMix;
};

function resolveLoad(input: SingleLoad, mistakes: Mistakes): FleetPlan {
  checkLoad(input, mistakes);
  const { publish, subscribers, reconnect } = input;
  const subscribe = subscribeOf(subscribers ?? input.subscribe);
  return {
    clients: clientsOf(input),
    publishers: subscribers && input.clients,
    mqttVersion: input.mqttVersion,
    keepaliveSeconds: input.keepalive / 1e6,
    clean: input.clean,
    connectRate: input.connectRate,
    dialTimeoutMicros: input.connectTimeout,
    topics: input.topics > 1 ? input.topics : flowsOf(publish),
    subscribe,
    publish: publish && publishOf(publish, input.clients),
    properties: connectProperties(input),
    reconnect: reconnectPlan(reconnect),
    deadAfterMicros: input.deadAfter,
  };
}

function subscribeOf(input: SingleLoad['subscribe']): FleetPlan['subscribe'] {
  if (input === undefined) return undefined;
  const reads = readsOf(input);
  return { topic: input.topic, qos: input.qos, ...(reads && { reads }) };
}

/** A mix of QoS has its levels as topics. */
function flowsOf(publish: SinglePublish | undefined): number | undefined {
  const levels = typeof publish?.qos === 'object' ? levelsOfMix(publish.qos).length : 1;
  return levels > 1 ? levels : undefined;
}

function reconnectPlan(input: ReconnectInput): ReconnectPlan | undefined {
  const plan = reconnectOf(reconnectAsked(input), usualRetry);
  return plan && input && input.tries !== undefined ? { ...plan, tries: input.tries } : plan;
}

const clientsOf = ({ clients, subscribers }: SingleLoad): number => clients + (subscribers?.clients ?? 0);

function publishOf(publish: SinglePublish, publishers: number): PublishPlan {
  const { topic, qos, payload, inflight } = publish;
  const pace = paceOf(publish, publishers);
  const one = typeof qos === 'number' ? qos : 0;
  const plan = { topic, qos: one, payload: fillerOf(payload), pace, inflight, ...publishProperties(publish) };
  return mixed(plan, typeof qos === 'number' ? undefined : qos, publishers);
}

const fillerOf = (payload: SinglePublish['payload']): Payload =>
  typeof payload === 'number' ? { kind: 'filler', bytes: payload } : drawnPayload(payload.sizes);

function paceOf(publish: SinglePublish, publishers: number): Pace {
  const { rate, interval, arrivals } = publish;
  const gaps = gapsOf({ intervals: typeof interval === 'object' ? interval : undefined, arrivals });
  const stages = stagesOf(publish);
  if (stages) return { kind: 'rate', perSecond: highestRate(stages), shape: { kind: 'stages', stages }, ...gaps };
  const between = typeof interval === 'object' ? meanOf(interval) : interval;
  const perSecond = rate ?? (between ? (publishers * 1e6) / between : undefined);
  return perSecond === undefined ? { kind: 'closed' } : { kind: 'rate', perSecond, ...gaps };
}

const stagesOf = ({ stages }: SinglePublish): RateStage[] | undefined =>
  stages?.map(({ over, to }) => ({ overMicros: over, toPerSecond: to }));

/** The levels of QoS that messages are sent and subscribed with. */
export function levelsOf({ publish, subscribe, subscribers }: LoadInput): Levels {
  const filters = [subscribe, subscribers].flatMap((one) => (one ? [one.qos] : []));
  const { reads } = subscribers ?? subscribe ?? {};
  return { qos: publish && sentLevels(publish.qos), filterQos: filters, topicAlias: publish?.topicAlias, reads };
}

/** Of one level, a list or a mix. */
export const sentLevels = (qos: NonNullable<LoadInput['publish']>['qos']): (0 | 1 | 2)[] =>
  typeof qos === 'object' && !Array.isArray(qos) ? levelsOfMix(qos) : [qos].flat();

function checkLoad(input: SingleLoad, mistakes: Mistakes): void {
  const { connectRate } = input;
  const wrong = (place: readonly string[], message: string, atKey = false): void =>
    mistakes.add(['load', ...place], message, atKey);
  if (input.subscribers) checkSubscribers(input, (message) => wrong(['subscribers'], message, true));
  for (const { at, says } of check(askedOf(input), loadDoor)) wrong(placeOf(at, input), says);
  const takes = stagesMicros((input.publish && stagesOf(input.publish)) ?? []);
  if (takes > input.duration) {
    const [all, given] = [takes, input.duration].map((micros) => formatDuration(micros));
    wrong(['publish', 'stages'], `take ${all}, and messages flow for ${given}: give a longer duration`, true);
  }
  // A cell has an end, so its beginning has one too; how long a load by hand connects is told by whoever runs it.
  const connecting = (clientsOf(input) / connectRate) * 1e6;
  if (connecting > 3600e6) {
    const clients = formatCount(clientsOf(input));
    wrong(['connectRate'], `${clients} clients at ${connectRate}/s take ${formatDuration(connecting)} to connect`);
  }
}

function askedOf(input: SingleLoad): Asked {
  const { clients, publish, topics, keepalive, deadAfter, duration } = input;
  const subscribe = input.subscribers ?? input.subscribe;
  return {
    ...{ clients, topics, keepalive, deadAfter, duration },
    ...reconnectAsked(input.reconnect),
    ...mqtt5Asked(input, publish),
    filters: subscribe && [subscribe.topic],
    ...{ reads: subscribe?.reads, readsAfter: subscribe?.readsAfter },
    ...(publish && {
      ...{ topic: publish.topic, rate: publish.rate, arrivals: publish.arrivals },
      closedLoop: (publish.rate ?? publish.interval ?? publish.stages) === undefined,
      ...(typeof publish.interval === 'object' ? { intervals: publish.interval } : { interval: publish.interval }),
      ...(typeof publish.payload === 'object' ? publish.payload : { payload: publish.payload }),
      ...{
        stages: stagesOf(publish),
        publishers: clients,
        measured: subscribe !== undefined && publish.stamp !== 'property',
      },
    }),
    ...levelsOf(input),
    qosMix: typeof publish?.qos === 'object' ? publish.qos : undefined,
  };
}

/** Where in the load of the file a setting is written. */
function placeOf(setting: Setting, { subscribers }: SingleLoad): string[] {
  const role = subscribers ? 'subscribers' : 'subscribe';
  if (setting === 'filters') return [role, 'topic'];
  if (setting === 'reads' || setting === 'readsAfter') return [role, setting];
  const place = ownEntry(places, setting);
  if (place !== undefined) return place.split('.');
  return ofPublish.has(setting) ? ['publish', setting] : [setting];
}

const ofPublish: ReadonlySet<Setting> = new Set([
  ...(['topic', 'rate', 'interval', 'stages', 'payload', 'qos', 'messageExpiry', 'contentType'] as const),
  ...(['responseTopic', 'correlationData', 'topicAlias', 'stamp', 'arrivals'] as const),
]);

/** Settings that are not called in a file as they are here. */
const places: Partial<Record<Setting, string>> = {
  reconnectPolicy: 'reconnect.policy',
  reconnectFirst: 'reconnect.first',
  reconnectMax: 'reconnect.max',
  publishUserProperties: 'publish.userProperties',
  sizes: 'publish.payload.sizes',
  intervals: 'publish.interval',
  qosMix: 'publish.qos',
};

const loadDoor: Door = {
  subject: 'this load',
  name: (setting) => ownEntry(places, setting) ?? setting,
  use: (transport) => `use ${transport}`,
};

function checkSubscribers({ publish, subscribe, topics }: SingleLoad, wrong: (message: string) => void): void {
  if (subscribe) wrong('every client subscribes already (subscribe): leave one of the two out');
  if (!publish) wrong('with subscribers apart the other clients only publish, but load has no publish');
  if (topics > 1) wrong('the topics of a client (topics) are for clients that do both');
}
