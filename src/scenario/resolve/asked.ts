import { ownEntry } from '../../base/own.js';
import type { Asked, Door, Levels, Setting } from '../../plan/asked.js';
import { levelsOfMix } from '../../plan/qos-mix.js';
import { jwtAsked } from '../language/clients/jwt.js';
import { mqtt5Asked } from '../language/clients/mqtt5.js';
import { reconnectAsked } from '../language/clients/reconnect.js';
import { willAsked } from '../language/clients/will.js';
import type { LoadInput } from '../language/schema.js';
import { filtersOf, readsIn } from './filters.js';
import type { SingleLoad, SinglePublish } from './load.js';
import { isOwnMaking, stagesIn } from './messages.js';

// A load of a file as settings that src/plan/check.ts knows, and where in the file each of them is written.

const sizeAsked = (payload: SinglePublish['payload']): Pick<Asked, 'payload' | 'sizes'> =>
  typeof payload === 'object' ? payload : { payload };

export function askedOf(input: SingleLoad, heard: boolean): Asked {
  const { clients, publish, topics, keepalive, deadAfter, duration } = input;
  const subscribe = input.subscribers ?? input.subscribe;
  return {
    ...{ clients, topics, keepalive, deadAfter, duration },
    ...reconnectAsked(input.reconnect),
    ...mqtt5Asked(input, publish),
    ...willAsked(input.will),
    username: input.username,
    filters: subscribe && filtersOf(subscribe).map(({ topic }) => topic),
    ...readsIn(subscribe),
    respond: filtersOf(subscribe).find(({ respond }) => respond !== undefined)?.respond,
    subscribersApart: input.subscribers !== undefined,
    ...jwtAsked(input.jwt),
    ...{ password: input.password, authMethod: input.authMethod, fed: input.feeder !== undefined },
    ...(publish && {
      ...{ topic: publish.topic, rate: publish.rate, arrivals: publish.arrivals },
      closedLoop: (publish.rate ?? publish.interval ?? publish.stages ?? publish.topics) === undefined,
      ...(typeof publish.interval === 'object' ? { intervals: publish.interval } : { interval: publish.interval }),
      ...(isOwnMaking(publish) && sizeAsked(publish.payload)),
      ...{ stages: stagesIn(publish.stages), publishers: clients, measured: heard && publish.stamp !== 'property' },
    }),
    ...levelsOf(input),
    qosMix: typeof publish?.qos === 'object' ? publish.qos : undefined,
  };
}

/** Where in the load of the file a setting is written. */
export function placeOf(setting: Setting, { subscribers }: SingleLoad): string[] {
  const role = subscribers ? 'subscribers' : 'subscribe';
  if (setting === 'filters') return [role, 'topic'];
  if (setting === 'respond') return [role, setting];
  if (setting === 'reads' || setting === 'readsAfter') return [role, setting];
  const place = ownEntry(places, setting);
  if (place !== undefined) return place.split('.');
  return ofPublish.has(setting) ? ['publish', setting] : [setting];
}

const ofPublish: ReadonlySet<Setting> = new Set([
  ...(['topic', 'rate', 'interval', 'stages', 'payload', 'qos', 'messageExpiry', 'contentType'] as const),
  ...(['responseTopic', 'correlationData', 'topicAlias', 'stamp', 'arrivals', 'request'] as const),
  'payloadFormatIndicator',
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
  jwtSecret: 'jwt.secret',
  jwtKey: 'jwt.key',
  jwtClaims: 'jwt.claims',
  jwtLifetime: 'jwt.lifetime',
  jwtAs: 'jwt.as',
  willTopic: 'will.topic',
  willPayload: 'will.payload',
  willDelay: 'will.delay',
  willExpiry: 'will.messageExpiry',
  willContentType: 'will.contentType',
  willResponseTopic: 'will.responseTopic',
  willCorrelationData: 'will.correlationData',
  willPayloadFormatIndicator: 'will.payloadFormatIndicator',
  willUserProperties: 'will.userProperties',
};

export const loadDoor: Door = {
  subject: 'this load',
  name: (setting) => ownEntry(places, setting) ?? setting,
  use: (transport) => `use ${transport}`,
};

/** The levels of QoS that messages are sent and subscribed with. */
export function levelsOf({
  publish,
  subscribe,
  subscribers,
  psk,
}: Partial<Pick<LoadInput, 'publish' | 'subscribe' | 'subscribers' | 'psk'>>): Levels {
  const filters = filtersOf(subscribers ?? subscribe);
  const reads = filters.find((one) => one.reads !== undefined)?.reads;
  return {
    qos: publish && (publish.topics?.map((one) => one.qos) ?? sentLevels(publish.qos)),
    filterQos: filters.map(({ qos }) => qos),
    topicAlias: publish?.topicAlias,
    reads,
    pskFile: psk?.file,
  };
}

/** Of one level, a list or a mix. */
const sentLevels = (qos: NonNullable<LoadInput['publish']>['qos']): (0 | 1 | 2)[] =>
  typeof qos === 'object' && !Array.isArray(qos) ? levelsOfMix(qos) : [qos].flat();
