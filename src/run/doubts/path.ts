import { formatDuration } from '../../base/units.js';
import type { Doubt } from '../../result/types.js';
import { type PathReading, patienceMicros, quantile } from '../brokers/path.js';

/** What the way to a broker elsewhere may add before it matters, where the scenario's network is not longer. */
const leastMicros = 2000;
/** … and as a share of the scenario's round trip. */
const share = 0.1;
/** Of the handshakes during the cell, those that may be without an answer: as many as may be longer than P90. */
const unansweredShare = 0.1;

/**
 * Whether the way behind the lab is short and steady beside the network that the scenario asks for: theory and what is compared know of
 * that network alone.
 * @param rttMicros of the scenario's network
 */
export function pathDoubts({ beforeMicros, duringMicros, unanswered }: PathReading, rttMicros: number): Doubt[] {
  const all = [...(beforeMicros === undefined ? [] : [beforeMicros]), ...duringMicros];
  const [low, middle, high] = [0.1, 0.5, 0.9].map((one) => quantile(all, one)) as [number, number, number];
  if (all.length === 0) {
    return [
      {
        code: 'path-behind',
        message: 'the way from this host to the broker could not be measured: no TCP handshake was answered',
        advice: 'let TCP through to the port of the broker, or compare the arms of this run alone',
      },
    ];
  }
  const bound = Math.max(leastMicros, share * rttMicros);
  const asked = `where the scenario’s network has ${formatDuration(rttMicros)}`;
  const isLong = middle > bound;
  const isUnsteady = high - low > bound;
  const tried = duringMicros.length + unanswered;
  return [
    ...(unanswered > unansweredShare * tried
      ? [
          {
            code: 'path-behind' as const,
            message: `${unanswered} of ${tried} TCP handshakes from this host to the broker were not answered within ${formatDuration(patienceMicros)}`,
            advice:
              'look whether the broker, or a firewall before it, takes connections of this host: its way may be as bad',
          },
        ]
      : []),
    ...(isLong
      ? [
          {
            code: 'path-behind' as const,
            message: `the way from this host to the broker adds ${formatDuration(middle)} (TCP handshake, P50) ${asked}`,
            advice: 'run mqbench nearer to the broker, or take that round trip into account: theory does not',
          },
        ]
      : []),
    ...(isUnsteady
      ? [
          {
            code: 'path-behind' as const,
            message: `the way from this host to the broker varied between ${formatDuration(low)} and ${formatDuration(high)} (TCP handshake, P10 to P90) ${asked}`,
            advice:
              'repeat the run, or run mqbench nearer to the broker: what differs between cells may come from there',
          },
        ]
      : []),
  ];
}
