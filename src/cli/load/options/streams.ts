import { mostStreams, parseStreamMap, type StreamMap, streamMaps } from '../../../transport/stream-map.js';
import { collect, usage } from '../../parsers.js';
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
  quicSet: {
    flags: '--quic-set <name=value>',
    group: 'QUIC',
    says: 'a setting of QUIC, e.g. tailProbeMs=150; may be given several times (mqbench help quic)',
    parse: collect,
  },
} as const satisfies Record<string, OptionRow>;

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
