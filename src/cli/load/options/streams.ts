import type { LoadPlan } from '../../../plan/plan.js';
import type { TransportName } from '../../../transport/contract.js';
import { mostStreams, parseStreamMap, type StreamMap, streamMaps } from '../../../transport/stream-map.js';
import { usage } from '../../parsers.js';
import type { LoadFlags } from './flags.js';
import type { OptionRow } from './row.js';

const talking = ['pub', 'sub', 'pubsub'] as const;

/** What only QUIC has: several streams, and datagrams. */
export const streamOptions = {
  streams: {
    flags: '--streams <mapping>',
    group: 'QUIC',
    says: 'which QUIC stream a packet goes to: control, per-topic, per-qos, pub-sub, or a number of data streams (default control)',
    parse: mapOf,
    only: talking,
  },
  streamPriority: {
    flags: '--stream-priority <list>',
    group: 'QUIC',
    says: 'priorities of data streams 1, 2, … separated by commas: 0 to 65535, higher is more important',
    parse: prioritiesOf,
    only: talking,
  },
  datagrams: {
    flags: '--datagrams',
    group: 'QUIC',
    says: 'send and receive QoS 0 in QUIC datagrams (needs mqbench broker --datagrams)',
    only: talking,
  },
} satisfies Partial<Record<keyof LoadFlags, OptionRow>>;

function mapOf(text: string): StreamMap {
  const map = parseStreamMap(text);
  if (map === undefined) {
    throw usage(`"${text}" is no mapping to streams`, `${streamMaps.join(', ')} or a number from 1 to ${mostStreams}`);
  }
  return map;
}

function prioritiesOf(text: string): number[] {
  return text.split(',').map((part) => {
    const priority = Number(part);
    if (!/^ *\d+ *$/.test(part) || priority > 65_535) throw usage(`"${part}" is not a priority from 0 to 65535`);
    return priority;
  });
}

/** What of these flags cannot be. */
export function streamProblems(transport: TransportName, flags: LoadFlags): string[] {
  const problems: string[] = [];
  if (transport !== 'quic') {
    if (flags.streams !== undefined && flags.streams !== 'control')
      problems.push(`--streams ${flags.streams} needs QUIC, and ${transport} has one stream: add --quic`);
    if (flags.datagrams) problems.push(`--datagrams needs QUIC, and this run uses ${transport}: add --quic`);
  }
  if (flags.streamPriority !== undefined && (flags.streams ?? 'control') === 'control')
    problems.push('--stream-priority is of data streams: say with --streams which there are');
  if (flags.datagrams && flags.qos > 0)
    problems.push('--datagrams carry QoS 0 only, nothing acknowledges them: leave -q out');
  const several = (flags.topics ?? 1) > 1;
  if (several && flags.topic?.every((topic) => !topic.includes('%t')))
    problems.push(`--topics tells topics apart by %t, and "${flags.topic.join('", "')}" has none`);
  return problems;
}

/** The part of the plan's target that these flags mean. */
export function streamTarget({
  streams,
  streamPriority: streamPriorities,
  datagrams,
}: LoadFlags): Pick<LoadPlan['target'], 'streams' | 'streamPriorities' | 'datagrams'> {
  return { streams, streamPriorities, datagrams };
}
