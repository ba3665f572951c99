import { resolve } from 'node:path';
import type { Distribution } from '../../base/numbers/distribution.js';
import { definedOf } from '../../base/own.js';
import { formatCount, formatDuration } from '../../base/units.js';
import { check } from '../../plan/check.js';
import { usualIdentity } from '../../plan/credentials/psk.js';
import { usualRetry } from '../../plan/limits.js';
import type { FleetPlan, Pace, Payload, PublishPlan } from '../../plan/plan.js';
import { levelsOfMix, mixed, type QosMix } from '../../plan/qos-mix.js';
import { type ReconnectPlan, reconnectOf } from '../../plan/reconnect.js';
import { clientStagesProblem, stagesMicros } from '../../plan/stages.js';
import { jwtOf } from '../language/clients/jwt.js';
import { connectProperties, publishProperties } from '../language/clients/mqtt5.js';
import { type ReconnectInput, reconnectAsked } from '../language/clients/reconnect.js';
import { willOf } from '../language/clients/will.js';
import type { Mistakes } from '../language/mistakes.js';
import type { LoadInput } from '../language/schema.js';
import type { ResolvedScenario } from '../types.js';
import { askedOf, loadDoor, placeOf } from './asked.js';
import { filtersOf, subscribePlan } from './filters.js';
import { checkMessages, fullRate, overTime, payloadOf, stagesIn } from './messages.js';
import { checkTopics, publishTopics } from './topics.js';

/** The load in the engine's terms, and its variants when something in it is a list. */
export function resolveLoads(
  input: LoadInput,
  folder: string,
  mistakes: Mistakes,
): Pick<ResolvedScenario, 'load' | 'loads'> {
  const payloads = [input.publish?.payload ?? 0].flat();
  const qualities: SinglePublish['qos'][] = [input.publish?.qos ?? 0].flat();
  const wrong: WrongField = (place, message, atKey) => mistakes.add(['load', ...place], message, atKey);
  const variants = payloads.flatMap((payload) => qualities.map((qos) => ({ payload, qos })));
  const loads = variants.map(({ payload, qos }) => {
    const publish = input.publish && { ...input.publish, payload, qos };
    const names = [
      ...(payloads.length > 1 ? [formatPayload(payload)] : []),
      ...(qualities.length > 1 ? [typeof qos === 'number' ? `qos${qos}` : 'qos-mix'] : []),
    ];
    return { name: names.join('+'), load: resolveLoad({ ...input, publish }, wrong, { folder }) };
  });
  return { load: loads[0]!.load, loads: loads.length > 1 ? loads : undefined };
}

/** `256B`, `64KiB`: as short as it is exact, for a name. */
const formatPayload = (payload: SinglePublish['payload']): string => {
  if (typeof payload !== 'number') return 'sizes';
  return payload >= 1024 && payload % 1024 === 0 ? `${payload / 1024}KiB` : `${payload}B`;
};

/** A load without lists. */
export type SingleLoad = Omit<LoadInput, 'publish'> & { readonly publish: SinglePublish | undefined };
export type SinglePublish = Omit<NonNullable<LoadInput['publish']>, 'payload' | 'qos'> & {
  payload: number | { readonly sizes: Distribution };
  qos: 0 | 1 | 2 | QosMix;
};

/** Says what is wrong with a field of a load. @param atKey it should not be there at all */
export type WrongField = (place: readonly (string | number)[], message: string, atKey?: boolean) => void;

/** What of the scenario around it a load has to know. */
export interface Around {
  /** That files are seen from. */
  readonly folder: string;
  /** Whether anybody subscribes, so that messages are measured where they arrive; default: this load does. */
  readonly heard?: boolean;
}

export function resolveLoad(input: SingleLoad, wrong: WrongField, around: Around): FleetPlan {
  const { folder, heard = isHeard(input) } = around;
  checkLoad(input, heard, wrong);
  const { publish, subscribers, reconnect } = input;
  const subscribe = subscribePlan(subscribers ?? input.subscribe);
  return {
    clients: clientsOf(input),
    publishers: subscribers && input.clients,
    mqttVersion: input.mqttVersion,
    keepaliveSeconds: input.keepalive / 1e6,
    clean: input.clean,
    ...definedOf({ clientStages: clientStagesIn(input) }),
    connectRate: input.connectRate,
    dialTimeoutMicros: input.connectTimeout,
    topics: input.topics > 1 ? input.topics : flowsOf(publish),
    subscribe,
    publish: publish && publishOf(publish, input.clients, (one) => payloadOf(one, folder, wrong)),
    ...identityOf(input, folder),
    jwt: jwtOf(input.jwt, folder),
    authMethod: input.authMethod,
    psk: input.psk && { identity: usualIdentity, ...input.psk, file: resolve(folder, input.psk.file) },
    properties: connectProperties(input),
    reconnect: reconnectPlan(reconnect),
    deadAfterMicros: input.deadAfter,
  };
}

/** A mix of QoS has its levels as topics. */
function flowsOf(publish: SinglePublish | undefined): number | undefined {
  if (publish?.topics) return publish.topics.length > 1 ? publish.topics.length : undefined;
  const levels = typeof publish?.qos === 'object' ? levelsOfMix(publish.qos).length : 1;
  return levels > 1 ? levels : undefined;
}

function reconnectPlan(input: ReconnectInput): ReconnectPlan | undefined {
  const plan = reconnectOf(reconnectAsked(input), usualRetry);
  return plan && input ? { ...plan, ...definedOf({ tries: input.tries, connectTries: input.connectTries }) } : plan;
}

const clientsOf = ({ clients, subscribers }: SingleLoad): number => clients + (subscribers?.clients ?? 0);

function publishOf(
  publish: SinglePublish,
  publishers: number,
  payload: (publish: SinglePublish) => Payload,
): PublishPlan {
  const { topics, topic = '', qos, inflight, retain, limit, retryAfter: retryAfterMicros } = publish;
  const more = definedOf({ retain, limit, retryAfterMicros });
  if (topics)
    return {
      ...publishTopics(topics, publishers, overTime(publish)),
      inflight,
      ...more,
      ...publishProperties(publish),
    };
  const pace = paceOf(publish, publishers);
  const one = typeof qos === 'number' ? qos : 0;
  const plan = { topic, qos: one, payload: payload(publish), pace, inflight, ...more, ...publishProperties(publish) };
  return mixed(plan, typeof qos === 'number' ? undefined : qos, publishers);
}

function paceOf(publish: SinglePublish, publishers: number): Pace {
  const perSecond = fullRate(publish, publishers);
  return perSecond === undefined ? { kind: 'closed' } : { kind: 'rate', perSecond, ...overTime(publish) };
}

/** Who clients are to the broker, and whether they come and go. */
function identityOf(
  { username, password, feeder, startNumber, will, churn }: SingleLoad,
  folder: string,
): Partial<FleetPlan> {
  return definedOf({
    ...{ username, startNumber, will: willOf(will) },
    passwordVariable: password?.slice(1),
    feeder: feeder && resolve(folder, feeder),
    churn: churn && { stayMicros: churn.stay, awayMicros: churn.away, politely: churn.politely },
  });
}

const isHeard = ({ subscribe, subscribers }: Pick<LoadInput, 'subscribe' | 'subscribers'>): boolean =>
  subscribe !== undefined || subscribers !== undefined;

function checkLoad(input: SingleLoad, heard: boolean, wrong: WrongField): void {
  const { connectRate } = input;
  checkClientStages(input, wrong);
  if (input.subscribers) checkSubscribers(input, (message) => wrong(['subscribers'], message, true));
  for (const { at, says } of check(askedOf(input, heard), loadDoor)) wrong(placeOf(at, input), says);
  if (input.publish) checkTopics(input.publish, { turns: input.topics, heard, door: loadDoor }, wrong);
  if (input.publish && !input.publish.topics) checkMessages(input.publish, heard, wrong);
  checkIdentity(input, wrong);
  const takes = stagesMicros(stagesIn(input.publish?.stages) ?? []);
  if (takes > input.duration) {
    const [all, given] = [takes, input.duration].map((micros) => formatDuration(micros));
    wrong(['publish', 'stages'], `take ${all}, and messages flow for ${given}: give a longer duration`, true);
  }
  // A cell has an end, so its beginning has one too; how long a load by hand connects is told by whoever runs it.
  const connecting = input.clientStages ? 0 : (clientsOf(input) / connectRate) * 1e6;
  if (connecting > 3600e6) {
    const clients = formatCount(clientsOf(input));
    wrong(['connectRate'], `${clients} clients at ${connectRate}/s take ${formatDuration(connecting)} to connect`);
  }
}

const clientStagesIn = ({ clientStages }: Pick<LoadInput, 'clientStages'>) =>
  clientStages?.map(({ over, to }) => ({ overMicros: over, toClients: to }));

function checkClientStages(input: SingleLoad, wrong: WrongField): void {
  const stages = clientStagesIn(input);
  if (stages === undefined) return;
  const at = (says: string): void => wrong(['clientStages'], says, true);
  const problem = clientStagesProblem(stages, input.clients);
  if (problem !== undefined) at(problem);
  if (stagesMicros(stages) > input.duration) {
    const [all, given] = [stagesMicros(stages), input.duration].map((micros) => formatDuration(micros));
    at(`take ${all}, and messages flow for ${given}: give a longer duration`);
  }
  for (const field of ['publish', 'subscribe', 'subscribers', 'churn'] as const)
    if (input[field] !== undefined)
      at(
        `are of clients that only connect: nobody could say which messages those that are away should have had; give ${field} to a fleet of its own`,
      );
}

function checkIdentity(input: SingleLoad, wrong: WrongField): void {
  const { subscribe, churn, password, username, feeder, mqttVersion } = input;
  const filters = filtersOf(subscribe);
  const twice = (
    says: string,
    field: 'reads' | 'respond',
    has: (filter: (typeof filters)[number]) => boolean,
  ): void => {
    const [, second] = filters.flatMap((filter, i) => (has(filter) ? [i] : []));
    if (second !== undefined) wrong(['subscribe', second, field], says);
  };
  twice(
    'is of the client, which reads one connection: say it at one filter',
    'reads',
    ({ reads, readsAfter }) => (reads ?? readsAfter) !== undefined,
  );
  twice(
    'is of the client, which answers whatever comes: say it at one filter',
    'respond',
    ({ respond }) => respond !== undefined,
  );
  if (churn?.stay === 0) wrong(['churn', 'stay'], 'must be longer than nothing');
  if (password !== undefined && username === undefined && feeder === undefined && mqttVersion !== 5)
    wrong(['password'], 'needs username: before MQTT 5 a password does not go without (MQTT-3.1.2-22)');
}

function checkSubscribers({ publish, subscribe, topics }: SingleLoad, wrong: (message: string) => void): void {
  if (subscribe) wrong('every client subscribes already (subscribe): leave one of the two out');
  if (!publish) wrong('with subscribers apart the other clients only publish, but load has no publish');
  if (topics > 1) wrong('the topics of a client (topics) are for clients that do both');
}
