import { filterProblem, topicProblem } from '../../base/text/mqtt-text.js';
import { formatCount, formatDuration } from '../../base/units.js';
import type { Mistakes } from '../language/mistakes.js';
import type { LoadInput } from '../language/schema.js';
import type { ResolvedLoad, ResolvedScenario } from '../types.js';

/** The load in the engine's terms, and its variants when something in it is a list. */
export function resolveLoads(input: LoadInput, mistakes: Mistakes): Pick<ResolvedScenario, 'load' | 'loads'> {
  const payloads = [input.publish?.payload ?? 0].flat();
  const qualities = [input.publish?.qos ?? 0].flat();
  const variants = payloads.flatMap((payload) => qualities.map((qos) => ({ payload, qos })));
  const loads = variants.map(({ payload, qos }) => {
    const publish = input.publish && { ...input.publish, payload, qos };
    const names = [
      ...(payloads.length > 1 ? [formatPayload(payload)] : []),
      ...(qualities.length > 1 ? [`qos${qos}`] : []),
    ];
    return { name: names.join('+'), load: resolveLoad({ ...input, publish }, mistakes) };
  });
  const load = loads[0]!.load;
  return loads.length > 1 ? { load, loads } : { load };
}

/** `256B`, `64KiB`: as short as it is exact, for a name. */
function formatPayload(bytes: number): string {
  if (bytes >= 1024 && bytes % 1024 === 0) return `${bytes / 1024}KiB`;
  return `${bytes}B`;
}

/** A load without lists. */
type SingleLoad = Omit<LoadInput, 'publish'> & {
  readonly publish:
    | (Omit<NonNullable<LoadInput['publish']>, 'payload' | 'qos'> & { payload: number; qos: 0 | 1 | 2 })
    | undefined;
};

function resolveLoad(input: SingleLoad, mistakes: Mistakes): ResolvedLoad {
  checkLoad(input, mistakes);
  const { publish, subscribers, reconnect } = input;
  const subscribe = subscribers ? { topic: subscribers.topic, qos: subscribers.qos } : input.subscribe;
  const interval = publish?.interval;
  const rate = publish?.rate ?? (interval ? input.clients / (interval / 1e6) : undefined);
  return {
    clients: input.clients + (subscribers?.clients ?? 0),
    ...(subscribers ? { publishers: input.clients } : {}),
    mqttVersion: input.mqttVersion,
    keepaliveSeconds: Math.round(input.keepalive / 1e6),
    clean: input.clean,
    connectRate: input.connectRate,
    dialTimeoutMicros: input.connectTimeout,
    ...(input.topics > 1 ? { topics: input.topics } : {}),
    ...(subscribe ? { subscribe } : {}),
    ...(publish
      ? {
          publish: {
            topic: publish.topic,
            qos: publish.qos,
            payloadBytes: publish.payload,
            ...(rate === undefined ? {} : { rate }),
            inflight: publish.inflight,
          },
        }
      : {}),
    ...(reconnect === false ? {} : { reconnect: { firstMicros: reconnect.first, maxMicros: reconnect.max } }),
    deadAfterMicros: input.deadAfter,
  };
}

/** Publisher, sequence and due time at the beginning of every payload whose delivery is measured (mqtt/stamp/stamp.ts). */
const stampBytes = 20;
/** Largest MQTT payload: remaining length is at most 268,435,455 bytes [MQTT-2.2.3], topic and packet id included. */
const largestPayload = 268_000_000;

function checkLoad(input: SingleLoad, mistakes: Mistakes): void {
  const { publish, reconnect } = input;
  const subscribe = input.subscribers ?? input.subscribe;
  if (input.subscribers) checkSubscribers(input, mistakes);
  if (publish?.rate !== undefined && publish.interval !== undefined) {
    mistakes.add(
      ['load', 'publish', 'interval'],
      'give either rate (all clients together) or interval (one client)',
      true,
    );
  }
  if (input.topics > 1 && publish && !publish.topic.includes('%t')) {
    mistakes.add(['load', 'topics'], `the topics are told apart by %t, and "${publish.topic}" has none`);
  }
  if (publish?.interval === 0) mistakes.add(['load', 'publish', 'interval'], 'must be longer than nothing');
  if (publish && subscribe && publish.payload < stampBytes) {
    mistakes.add(
      ['load', 'publish', 'payload'],
      `messages of less than ${stampBytes} B cannot be told apart at the subscriber; leave ${input.subscribers ? 'subscribers' : 'subscribe'} out or make them longer`,
    );
  }
  if (publish && publish.payload > largestPayload) {
    mistakes.add(['load', 'publish', 'payload'], 'MQTT packets hold less than 256 MiB');
  }
  const topicMistake = publish === undefined ? undefined : topicProblem(publish.topic);
  if (topicMistake !== undefined) mistakes.add(['load', 'publish', 'topic'], topicMistake);
  if (publish && input.duration === 0) {
    mistakes.add(['load', 'duration'], 'nothing would be published: the traffic lasts 0 s');
  }
  const filterMistake = subscribe === undefined ? undefined : filterProblem(subscribe.topic);
  if (filterMistake !== undefined) {
    mistakes.add(['load', input.subscribers ? 'subscribers' : 'subscribe', 'topic'], filterMistake);
  }
  if (input.keepalive % 1_000_000 !== 0 || input.keepalive > 65_535_000_000) {
    mistakes.add(['load', 'keepalive'], 'MQTT keep-alive is whole seconds, at most 65,535');
  }
  if (reconnect !== false && reconnect.max < reconnect.first) {
    mistakes.add(['load', 'reconnect', 'max'], 'must not be shorter than first');
  }
  const clients = input.clients + (input.subscribers?.clients ?? 0);
  const connecting = (clients / input.connectRate) * 1e6;
  if (connecting > 3600e6) {
    mistakes.add(
      ['load', 'connectRate'],
      `${formatCount(clients)} clients at ${input.connectRate}/s take ${formatDuration(connecting)} to connect`,
    );
  }
}

function checkSubscribers({ publish, subscribe, topics }: SingleLoad, mistakes: Mistakes): void {
  const wrong = (message: string): void => mistakes.add(['load', 'subscribers'], message, true);
  if (subscribe) wrong('every client subscribes already (subscribe): leave one of the two out');
  if (!publish) wrong('with subscribers apart the other clients only publish, but load has no publish');
  if (topics > 1) wrong('the topics of a client (topics) are for clients that do both');
}
