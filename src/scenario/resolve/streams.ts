import { streamsOf } from '../../plan/streams.js';
import type { ArmInput } from '../language/arm.js';
import type { Mistakes } from '../language/mistakes.js';
import type { LoadInput } from '../language/schema.js';
import type { YamlPath } from '../language/source.js';
import { filtersOf } from './filters.js';

type Talk = Partial<Pick<LoadInput, 'publish' | 'subscribe'>>;

/** What of arms and fleets has to do with streams. */
interface Streaming {
  readonly arms: readonly ArmInput[];
  readonly load: Talk;
  readonly fleets?: readonly Talk[] | undefined;
}

/**
 * Data streams that topics and filters name, together with what else needs the order of one stream. Arms that have one stream
 * anyway do not look at them.
 */
export function checkTopicStreams({ arms, load, fleets = [] }: Streaming, mistakes: Mistakes): void {
  const all: (readonly [YamlPath, Talk])[] = [
    [['load'], load],
    ...fleets.map((fleet, i) => [['fleets', i], fleet] as const),
  ];
  for (const [path, talk] of all) checkTalk(path, talk, arms, mistakes);
}

function checkTalk(path: YamlPath, { publish, subscribe }: Talk, arms: readonly ArmInput[], mistakes: Mistakes): void {
  const topics = publish?.topics ?? [];
  const filters = filtersOf(subscribe);
  const places = [
    ...topics.map((topic, i) => [[...path, 'publish', 'topics', i], topic] as const),
    ...filters.map((filter, i) => [[...path, 'subscribe', ...(Array.isArray(subscribe) ? [i] : [])], filter] as const),
  ];
  for (const [place, { stream, priority }] of places)
    if (priority !== undefined && !stream)
      mistakes.add([...place, 'priority'], 'is of a data stream: say with stream which');
  const [first] = places.filter(([, { stream }]) => (stream ?? 0) > 0);
  if (first === undefined || streamsOf([...topics, ...filters]) === undefined) return;
  const [place] = first;
  const wrong = (says: string): void => mistakes.add([...place, 'stream'], says);
  const quic = arms.filter(({ transport }) => transport === 'quic');
  if (quic.length === 0) wrong('is of QUIC, and no arm uses it: add one, or leave it out');
  for (const { streams, streamPriorities, name = 'quic' } of quic)
    if (streams !== 'control' || streamPriorities !== undefined)
      wrong(`says which streams there are, and so does the arm ${name}: say it in one place`);
  if (quic.some(({ datagrams }) => datagrams) && places.some(([, { qos, stream }]) => qos === 0 && (stream ?? 0) > 0))
    wrong('is given to a topic of QoS 0, which datagrams of an arm carry: leave one out');
  if (publish?.topicAlias) wrong('makes several streams, and topicAlias needs the order of one: leave one out');
  if (filters.some(({ reads }) => reads !== undefined))
    wrong('makes several streams, and reads holds up the one stream of a client: leave one out');
}
