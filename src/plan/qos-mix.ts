import { usageError } from '../base/errors.js';
import type { Rule } from './asked.js';
import type { PublishPlan, TopicPlan } from './plan.js';

/** Per cent of all messages that are sent with a QoS, 100 together. */
export type QosMix = Readonly<Partial<Record<0 | 1 | 2, number>>>;

const levels = [0, 1, 2] as const;

/** The levels that come to anything, from the lowest. */
export const levelsOfMix = (mix: QosMix): (0 | 1 | 2)[] => levels.filter((qos) => (mix[qos] ?? 0) > 0);

/** As it is written on a command line: `0:70,1:25,2:5`. @throws MQB_USAGE */
export function parseQosMix(text: string): QosMix {
  const mix: Partial<Record<0 | 1 | 2, number>> = {};
  for (const part of text.split(',')) {
    const [, qos, percent] = /^\s*([012])\s*:\s*(\d+(?:\.\d+)?)\s*%?\s*$/.exec(part) ?? [];
    const level = Number(qos) as 0 | 1 | 2;
    if (qos === undefined || mix[level] !== undefined)
      throw usageError(
        'MQB_USAGE',
        `"${text}" is no mix of QoS`,
        'write each level once with its per cent: 0:70,1:25,2:5',
      );
    mix[level] = Number(percent);
  }
  return mix;
}

/** What a mix of QoS cannot be. */
export const qosMixRule: Rule = ({ qosMix: mix, closedLoop, topics = 1, topic }, { name }, wrong) => {
  if (mix === undefined) return;
  const sum = levels.reduce<number>((all, qos) => all + (mix[qos] ?? 0), 0);
  if (Math.abs(sum - 100) > 1e-6) wrong('qosMix', `adds up to ${Number(sum.toFixed(3))} per cent: it must be 100`);
  if (closedLoop)
    wrong(
      'qosMix',
      `is of messages with a time each, and in a closed loop none has: give ${name('rate')} or ${name('interval')}`,
    );
  if (topics > 1) wrong('qosMix', `is of one topic per client, and ${name('topics')} gives several: leave one out`);
  if (topic?.includes('%s'))
    wrong(
      'qosMix',
      'counts the messages of each QoS by themselves, so %s would not be the number of the message: leave one out',
    );
};

/** The publish that sends its messages with a QoS each, drawn; the same where there is one QoS only. */
export function mixed(publish: PublishPlan, mix: QosMix | undefined, publishers: number): PublishPlan {
  const { pace } = publish;
  const [lowest = 0, ...further] = mix === undefined ? [] : levelsOfMix(mix);
  if (mix === undefined) return publish;
  if (further.length === 0 || pace.kind === 'closed') return { ...publish, qos: lowest };
  const { topic, payload, retain } = publish;
  const all: (0 | 1 | 2)[] = [lowest, ...further];
  const topics = all.map((qos): TopicPlan => {
    const intervalMicros = (publishers * 1e6) / ((pace.perSecond * (mix[qos] ?? 0)) / 100);
    return { topic, payload, retain, qos, intervalMicros };
  });
  const shares = all.map((qos) => mix[qos] ?? 0);
  return { ...publish, qos: lowest, pace: { ...pace, kind: 'per-topic', topics, mix: shares } };
}

/** "QoS 0 (70 %), 1 (25 %) and 2 (5 %)" */
export function mixText(topics: readonly TopicPlan[], mix: readonly number[]): string {
  const texts = topics.map(({ qos }, i) => `${qos} (${mix[i]} %)`);
  return `QoS ${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
}
