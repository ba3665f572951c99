import type { FilterPlan, LoadPlan } from '../../../plan/plan.js';
import { streamsOf } from '../../../plan/streams.js';
import type { TransportName } from '../../../transport/contract.js';
import {
  mostStreams,
  parseStreamMap,
  type StreamMap,
  streamMaps,
  streamPriorityMost,
} from '../../../transport/stream-map.js';
import { collect, offering, usage, whole } from '../../options/parsers.js';
import { group } from '../../options/rows.js';
import { all, type LoadFlags, talking } from './flags.js';

const priority = whole(0, streamPriorityMost);

/** What only QUIC has: several streams, and datagrams. */
export const streamOptions = {
  ...group('QUIC', talking, {
    streams: [
      '--streams <mapping>',
      'which QUIC stream a packet goes to: control, per-topic, per-qos, pub-sub, or a number of data streams (default control)',
      offering(streamMaps, mapOf),
    ],
    streamPriority: [
      '--stream-priority <list>',
      'priorities of data streams 1, 2, … separated by commas: 0 to 65535, higher is more important',
      (text) => text.split(',').map((part) => priority(part.trim())),
    ],
    datagrams: ['--datagrams', 'send and receive QoS 0 in QUIC datagrams (needs mqbench broker --datagrams)'],
  }),
  ...group('QUIC', all, {
    quicSet: [
      '--quic-set <name=value>',
      'a setting of QUIC, e.g. tailProbeMs=150; may be given several times (mqbench help quic)',
      collect,
    ],
  }),
};

function mapOf(text: string): StreamMap {
  const map = parseStreamMap(text);
  if (map === undefined) {
    throw usage(`"${text}" is no mapping to streams`, `${streamMaps.join(', ')} or a number from 1 to ${mostStreams}`);
  }
  return map;
}

/** What the flags, or the streams of the topics of a file, mean for the connection. @throws MQB_USAGE for streams without QUIC */
export function streamTarget(
  transport: TransportName,
  flags: LoadFlags,
  each: readonly FilterPlan[] | undefined,
): Pick<LoadPlan['target'], 'streams' | 'streamPriorities' | 'datagrams'> {
  const { datagrams } = flags;
  if (datagrams && each?.some(({ qos, stream = 0 }) => qos === 0 && stream > 0))
    throw usage(
      `--datagrams carry QoS 0, and ${flags.topicsPayload} gives a topic of QoS 0 a stream`,
      'leave out the "stream", or --datagrams',
    );
  const named = streamsOf(each ?? []);
  if (named === undefined) return { streams: flags.streams, streamPriorities: flags.streamPriority, datagrams };
  if (transport !== 'quic')
    throw usage(
      `${flags.topicsPayload} uses data streams, and ${transport} has one stream`,
      'add --quic, or leave out "stream"',
    );
  if (flags.streams !== undefined || flags.streamPriority !== undefined)
    throw usage(`--streams and --stream-priority are in ${flags.topicsPayload} already`, 'give them in one place');
  return { ...named, datagrams };
}
