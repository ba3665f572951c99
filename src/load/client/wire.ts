import type { Clock } from '../../base/clock.js';
import { type Distribution, quantileOf } from '../../base/numbers/distribution.js';
import { drawnAt, Random } from '../../base/numbers/random.js';
import { encodePublishProperties, type Will, type WillProperties } from '../../mqtt/codec/control-packets.js';
import { PublishTemplate } from '../../mqtt/codec/publish-template.js';
import type { TopicAlias } from '../../mqtt/codec/topic-alias.js';
import type { SessionOptions } from '../../mqtt/session/session.js';
import { StreamMapper } from '../../mqtt/session/stream-map.js';
import { stampBytes } from '../../mqtt/stamp/stamp.js';
import { isMixed, type LoadPlan, ownTopics, type Payload, type PublishProperties } from '../../plan/plan.js';
import { type Hook, hookPayload } from '../hook/hook.js';
import { Scram } from './credentials/scram.js';
import type { Tokens } from './credentials/token.js';
import { responseWindow } from './exchange/responses.js';
import { type ClientName, fillVariables, publishTopic } from './naming.js';

// What a plan means on the wire: the CONNECT of a client and the PUBLISH of a message.

const defaultExpirySeconds = 3_600;

/** @param tokens of clients that make one for each connect */
export function sessionOptionsOf(plan: LoadPlan, name: ClientName, clock: Clock, tokens?: Tokens): SessionOptions {
  const options = fixedOptions(plan, name, clock);
  if (tokens === undefined) return options;
  // Asked for by the session whenever it writes CONNECT.
  const token = { get: () => tokens.make(name), enumerable: true };
  return Object.defineProperty(options, plan.jwt?.as ?? 'password', token);
}

function fixedOptions(plan: LoadPlan, name: ClientName, clock: Clock): SessionOptions {
  const { will } = plan;
  // A persistent session needs an expiry in MQTT 5, else it ends with the connection (3.1.2.11.2).
  const expiry = plan.mqttVersion === 5 && !plan.clean ? { sessionExpiryInterval: defaultExpirySeconds } : {};
  return {
    version: plan.mqttVersion,
    clientId: name.id,
    clean: plan.clean,
    keepaliveSeconds: plan.keepaliveSeconds,
    window: name.publishes ? (plan.publish?.inflight ?? 1) : plan.subscribe?.respond ? responseWindow : 1,
    clock,
    ...credentialsOf(plan, name),
    will: will && willOf(will, name),
    properties: { ...expiry, ...plan.properties },
    streams:
      (plan.target.streams ?? 'control') === 'control' ? undefined : { priorities: plan.target.streamPriorities ?? [] },
    mostBytes: largestMessage(plan),
  };
}

function willOf({ properties, ...will }: Will, name: ClientName): Will {
  const own = { ...will, topic: fillVariables(will.topic, name) };
  return properties === undefined ? own : { ...own, properties: filled(properties, name, 0) };
}

/** What CONNECT says of who the client is, or how the client proves it. */
function credentialsOf(
  plan: LoadPlan,
  name: ClientName,
): Pick<SessionOptions, 'username' | 'password' | 'authentication'> {
  const { username } = name;
  const password = name.row?.password ?? plan.password;
  if (plan.authMethod === undefined) return { username, password };
  return { authentication: new Scram(username ?? '', password ?? '') };
}

/** Nothing larger is expected of anybody, but where the run itself publishes more. */
const usualPacket = 16 * 1_048_576;
/** Of topic and properties. */
const largestHead = 1_048_576;

/** How large a PUBLISH may be: as the client says in CONNECT, else as what this run publishes, where that is known. */
function largestMessage(plan: LoadPlan): number | undefined {
  const { publish, anyRun, properties } = plan;
  if (properties?.maximumPacketSize !== undefined) return properties.maximumPacketSize;
  const payloads = ownTopics(plan)?.map(({ payload }) => payload) ?? (publish ? [publish.payload] : []);
  const isOne = ownTopics(plan) === undefined || isMixed(plan); // of topics, templates are as long as they are written, about
  if (anyRun === true || (isOne && payloads.some(({ kind }) => kind === 'hook' || kind === 'template')))
    return undefined;
  return Math.max(usualPacket, Math.max(0, ...payloads.map(lengthOf)) + largestHead);
}

/** About as many bytes as it has, rather more. */
function lengthOf(payload: Payload): number {
  if (payload.kind === 'filler') return payload.bytes;
  if (payload.kind === 'bytes') return payload.base64.length;
  return payload.kind === 'template' ? payload.text.length * 2 : 0;
}

/** Which stream a client's packets go to; undefined: there is one stream. */
export function streamMapper({ target: { streams = 'control' } }: LoadPlan): StreamMapper | undefined {
  return streams === 'control' ? undefined : new StreamMapper(streams);
}

/** The bytes all publishes share, from base64 or as many as asked for; none when each message has its own. */
export function payloadOf(plan: LoadPlan): Buffer {
  const { payload } = plan.publish ?? {};
  if (payload?.kind === 'bytes') return Buffer.from(payload.base64, 'base64');
  return payload?.kind === 'filler' ? filler(payload) : Buffer.alloc(0);
}

/** What all messages of a worker have in common. */
export interface Wire {
  readonly plan: LoadPlan;
  readonly payload: Buffer;
  readonly run: number;
  /** Number of the fleet's first client over all fleets of the cell: stamps name their publisher so. */
  readonly firstClient: number;
  readonly hook: Hook | undefined;
  /** Told of what is thrown while a message is made, before it is. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * The PUBLISH of message `sequence` of the client, on its topic `flow`. Payloads of mqbench's own making carry a stamp when
 * it fits; those of the user go out as they are.
 * @param sequence over all topics of the client, or within `flow` where topics have a pace of their own
 */
export function publishTemplateOf(
  wire: Wire,
  name: ClientName,
  sequence: number,
  flow = 0,
  alias?: TopicAlias,
): PublishTemplate {
  try {
    return templateOf(wire, name, sequence, flow, alias);
  } catch (error) {
    wire.onFatal(error);
    throw error;
  }
}

function templateOf(wire: Wire, name: ClientName, sequence: number, flow: number, alias?: TopicAlias): PublishTemplate {
  const { plan, run, firstClient } = wire;
  const { publish, mqttVersion: version } = plan;
  if (publish === undefined) throw new Error('a client without a publish plan cannot publish');
  const { properties, stampIn = 'payload' } = publish;
  const topic = ownTopics(plan)?.[flow];
  const { qos, retain, payload: asked } = topic ?? publish;
  const payload = topic?.payload.kind === 'filler' ? filler(topic.payload) : payloadFor(wire, name, sequence, asked);
  const isMeasured = stampIn === 'property' || (asked.kind === 'filler' && payload.length >= stampBytes);
  const sizes = asked.kind === 'filler' ? asked.sizes : undefined;
  const changes = (isMixed(plan) ? publish.topic : (topic?.topic ?? name.row?.topic ?? publish.topic)).includes('%s');
  return new PublishTemplate({
    topic: publishTopic(plan, name, sequence, flow),
    ...{ qos, retain, version, payload, stampIn },
    properties: properties && encodePublishProperties(filled(properties, name, sequence)),
    stamp: isMeasured ? { run, publisher: firstClient + name.number, slot: flow } : undefined,
    correlation: publish.request ? { run, publisher: firstClient + name.number, slot: flow } : undefined,
    size: sizes && sizesOf(sizes, plan.seed, name.number, flow),
    alias: changes ? undefined : alias,
  });
}

/** Properties of one message or will, as mqtt-packet takes them: every text in them is filled in. */
function filled(
  properties: PublishProperties | WillProperties,
  name: ClientName,
  sequence: number,
): Record<string, unknown> {
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string') return fillVariables(value, name, sequence);
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one)]));
  };
  const { correlationData, ...others } = fill(properties) as PublishProperties;
  return correlationData === undefined ? others : { ...others, correlationData: Buffer.from(correlationData) };
}

/** Of draws for sizes; see {@link drawnAt}. */
const sizePurpose = 2;

/** Bytes of each message of a client's topic: the same when it is written again. */
function sizesOf(sizes: Distribution, seed: number, client: number, flow: number): (sequence: number) => number {
  const quantile = quantileOf(sizes);
  const purpose = sizePurpose + flow * 16;
  return (sequence) => Math.round(quantile(drawnAt(seed, purpose, client, sequence)));
}

type Filler = Extract<Payload, { readonly kind: 'filler' }>;
const fillers = new WeakMap<Filler, Buffer>();

/** The bytes that all clients publish, once. */
function filler(payload: Filler): Buffer {
  const known = fillers.get(payload);
  if (known !== undefined) return known;
  const made = Buffer.alloc(payload.bytes, 'mqbench ');
  fillers.set(payload, made);
  return made;
}

let uniques = 0;

function payloadFor(
  { plan, payload, hook, run }: Wire,
  name: ClientName,
  sequence: number,
  asked: Payload,
): Uint8Array {
  if (hook !== undefined) return hookPayload(hook, { client: name, sequence });
  if (asked.kind !== 'template') return payload;
  // Of each message and place its own, and the same in the next run with this seed.
  const random = new Random((plan.seed ^ Math.imul(name.number + 1, 0x9e3779b1)) + Math.imul(sequence + 1, 0x85ebca6b));
  const drawn = asked.text.replace(/%rand_(\d+)/g, (_, limit: string) =>
    String(random.below(Math.max(1, Number(limit)))),
  );
  const filled = fillVariables(drawn, name, sequence)
    .replaceAll('%TIMESTAMP%', () => String(Date.now()))
    .replaceAll('%TIMESTAMP_S%', () => String(Math.floor(Date.now() / 1000)))
    .replaceAll('%TIMESTAMP_ISO%', () => new Date().toISOString())
    .replaceAll('%UNIQUE%', () => `${run.toString(36)}-${name.number.toString(36)}-${(uniques++).toString(36)}`)
    .replaceAll('%RANDOM%', () => String(Math.floor(Math.random() * 2 ** 32)));
  return Buffer.from(filled);
}
