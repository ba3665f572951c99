import type { Door } from '../../plan/asked.js';
import { check } from '../../plan/check.js';
import { usualPayload } from '../../plan/limits.js';
import type { OpenLoop, PublishPlan, TopicPlan } from '../../plan/plan.js';
import type { Mistakes } from '../language/mistakes.js';
import type { SinglePublish, WrongField } from './load.js';
import { isPlainObject } from './overrides.js';

type TopicsInput = NonNullable<SinglePublish['topics']>;

/**
 * What of a publish says each topic for itself.
 * @param publishers how many clients publish @param time when they begin
 */
export function publishTopics(
  topics: TopicsInput,
  publishers: number,
  time: Pick<OpenLoop, 'firstWait'>,
): Pick<PublishPlan, 'topic' | 'qos' | 'payload' | 'pace'> {
  const each = topics.map(
    ({ topic, qos, retain, interval: intervalMicros, payload: bytes, template: text, ...on }): TopicPlan => {
      const payload = text === undefined ? ({ kind: 'filler', bytes } as const) : ({ kind: 'template', text } as const);
      return { topic, qos, retain, intervalMicros, payload, ...on };
    },
  );
  return {
    topic: each.map(({ topic }) => topic).join(', '),
    qos: Math.min(...each.map(({ qos }) => qos)) as 0 | 1 | 2,
    payload: { kind: 'filler', bytes: usualPayload },
    pace: {
      kind: 'per-topic',
      topics: each,
      ...time,
      perSecond: each.reduce((sum, { intervalMicros }) => sum + (publishers * 1e6) / intervalMicros, 0),
    },
  };
}

/** What the topics replace, as far as it can be told that it was written. */
const replaced = [
  ...(['topic', 'rate', 'interval', 'arrivals', 'stages', 'ramp', 'burst', 'retain'] as const),
  ...(['message', 'template', 'payloadFile', 'hook'] as const),
] satisfies readonly (keyof SinglePublish)[];

/** What of a load around its topics counts. */
interface Around {
  /** Topics of a client that take turns. */
  readonly turns: number;
  /** Messages are measured where they arrive. */
  readonly heard: boolean;
  readonly door: Door;
}

export function checkTopics(publish: SinglePublish, { turns, heard, door }: Around, wrong: WrongField): void {
  const { topics } = publish;
  if (topics === undefined) return;
  for (const field of replaced)
    if (publish[field] !== undefined)
      wrong(['publish', field], 'is said by each of the topics for itself: leave it out', true);
  if (turns > 1)
    wrong(['topics'], 'take turns at one pace, and publish.topics have each their own: leave one out', true);
  const measured = heard && publish.stamp !== 'property';
  for (const [index, { topic, interval, payload, template }] of topics.entries()) {
    const own = template === undefined ? { payload, measured } : {};
    for (const { at, says } of check({ topic, interval, ...own }, door)) wrong(['publish', 'topics', index, at], says);
    if (template !== undefined && measured)
      wrong(
        ['publish', 'topics', index, 'template'],
        'has no room for the mark by which messages are measured where they arrive: add stamp: property (with mqttVersion: 5)',
      );
  }
}

/**
 * Loads and fleets that publish, and do not say what to. It is asked of what is written, so that it is told together with
 * whatever else of them cannot be read. @param data of the file
 */
export function checkPublishTopic(data: unknown, mistakes: Mistakes): void {
  const { load, fleets } = data as { load?: unknown; fleets?: unknown };
  const all = Array.isArray(fleets) ? fleets.map((fleet: unknown, i) => [['fleets', i], fleet] as const) : [];
  for (const [path, one] of [[['load'], load] as const, ...all]) {
    const publish: unknown = (one as { publish?: unknown } | null | undefined)?.publish;
    if (!isPlainObject(publish) || publish.topic !== undefined || publish.topics !== undefined) continue;
    mistakes.add([...path, 'publish', 'topic'], 'is missing');
  }
}
