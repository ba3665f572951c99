import { readText } from '../../../base/read-file.js';
import { parseJson } from '../../../base/text/json-text.js';
import { topicProblem } from '../../../base/text/mqtt-text.js';
import { stampBytes } from '../../../mqtt/stamp/stamp.js';
import { largestPayload, usualPayload } from '../../../plan/limits.js';
import type { TopicPlan } from '../../../plan/plan.js';
import { mostStreams, streamPriorityMost } from '../../../transport/stream-map.js';
import { told, usage } from '../../options/parsers.js';
import { dashed } from '../../options/rows.js';
import type { LoadFlags } from '../options/flags.js';

const fields =
  'name QoS interval_ms retain payload size payload_encoding inject_timestamp render stream stream_priority';
const known = new Set(fields.split(' '));

/**
 * Topics in the form of emqtt-bench's topic_spec.json, and `size` (bytes) instead of `payload`. A payload that is no
 * text goes out as JSON; all its variables are filled, whatever `render` names; with `inject_timestamp` its
 * `timestamp` is the milliseconds since 1970.
 * @throws MQB_USAGE with everything that is wrong
 */
export function readTopics(cwd: string, file: string): TopicPlan[] {
  const parsed = parseJson(file, readText(cwd, file));
  const { topics, ...others } = isObject(parsed) ? parsed : {};
  if (!Array.isArray(topics) || topics.length === 0) throw usage(`${file} has no "topics", an array of objects`);
  const wrong = Object.keys(others).map((name) => `${file}: nothing reads "${name}" beside "topics"`);
  const read = topics.map((topic: unknown, i) => {
    const says = (what: string) => wrong.push(`${file}, topic ${i + 1}: ${what}`);
    if (!isObject(topic)) says('is not an object');
    return topicOf(isObject(topic) ? topic : {}, says);
  });
  if (wrong.length > 0) throw usage(wrong.join('\n  '), `fields: ${fields}`);
  return read;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function topicOf(from: Readonly<Record<string, unknown>>, wrong: (says: string) => void): TopicPlan {
  const { name, QoS = 0, retain = false } = from;
  for (const field of Object.keys(from)) if (!known.has(field)) wrong(`no field is called "${field}"`);
  const nameProblem = typeof name === 'string' ? topicProblem(name) : 'is no text';
  if (nameProblem !== undefined) wrong(`"name" ${nameProblem}`);
  if (QoS !== 0 && QoS !== 1 && QoS !== 2) wrong('"QoS" is not 0, 1 or 2');
  if (typeof retain !== 'boolean') wrong('"retain" is neither true nor false');
  const number = (field: string, least: number, most: number): number | undefined => {
    const value = from[field];
    if (value === undefined) return undefined;
    const read = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof read === 'number' && Number.isInteger(read) && read >= least && read <= most) return read;
    wrong(`"${field}" is not a whole number from ${least} to ${most}`);
    return undefined;
  };
  const template = payloadOf(from, wrong);
  const bytes = number('size', 0, largestPayload) ?? usualPayload;
  return {
    topic: String(name),
    qos: QoS as 0 | 1 | 2,
    retain: retain === true,
    intervalMicros: (number('interval_ms', 1, 86_400_000) ?? 1_000) * 1_000,
    payload: template === undefined ? { kind: 'filler', bytes } : { kind: 'template', text: template },
    stream: number('stream', 0, mostStreams),
    priority: number('stream_priority', 0, streamPriorityMost),
  };
}

function payloadOf(from: Readonly<Record<string, unknown>>, wrong: (says: string) => void): string | undefined {
  const { payload, payload_encoding: encoding = 'json', inject_timestamp: stamp = false } = from;
  if (encoding !== 'json') wrong(`"payload_encoding" ${JSON.stringify(encoding)} is not to be had: json`);
  if (![true, false, 'ms'].includes(stamp as boolean)) wrong('"inject_timestamp" is neither true, false nor "ms"');
  if (payload !== undefined && from.size !== undefined) wrong('"payload" and "size" are two payloads');
  if (stamp !== false) {
    if (isObject(payload)) return stamped(payload);
    wrong('"inject_timestamp" sets "timestamp" of a "payload" that is an object, and this is none');
  }
  return payload === undefined || typeof payload === 'string' ? payload : JSON.stringify(payload);
}

/** As JSON with the time of each message under `timestamp`, as a number. */
function stamped(payload: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries({ ...payload, timestamp: 0 }).map(
    ([name, value]) => `${JSON.stringify(name)}:${name === 'timestamp' ? '%TIMESTAMP%' : JSON.stringify(value)}`,
  );
  return `{${fields.join(',')}}`;
}

const replaced =
  'topic topics qos qosMix retain rate intervalOfMsg intervals arrivals size sizes message payloadFile template hook'.split(
    ' ',
  );

/** What cannot be together with a file of topics. */
export function topicsProblems(flags: LoadFlags, given: ReadonlySet<string>): string[] {
  if (flags.topicsPayload === undefined) return [];
  return told([
    ...replaced.map(
      (name) => [given.has(name), `${dashed(name)} is in the file of --topics-payload: leave it out`] as const,
    ),
    [
      flags.closedLoop,
      '--closed-loop lets acknowledgements set the pace, and interval_ms of --topics-payload sets it too: leave one out',
    ],
  ]);
}

/** Of topics whose messages are to be measured where they arrive. @throws MQB_USAGE for payloads without room for a stamp */
export function checkMeasurable(each: readonly TopicPlan[], { stamp, topicsPayload }: LoadFlags): void {
  const wrong = each.filter(({ payload }) => payload.kind !== 'filler' || payload.bytes < stampBytes);
  if (stamp === 'property' || wrong.length === 0) return;
  throw usage(
    `pubsub measures by ${stampBytes} bytes that it writes into the payload, and ${wrong.map(({ topic }) => topic).join(', ')} of ${topicsPayload} leave no room`,
    `add -V 5 --stamp property, which measures any payload; or give "size" of ${stampBytes} or more`,
  );
}
