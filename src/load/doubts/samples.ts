import { sumOf } from '../../base/numbers/sum.js';
import { formatCount } from '../../base/units.js';
import { fewSamplesDoubts } from '../../result/doubts/few-samples.js';
import type { Doubt } from '../../result/types.js';
import type { DoubtInput } from './input.js';

/** The whole and every window are judged by their own counts. */
export function fewSamples({ metrics, windows }: DoubtInput): Doubt[] {
  const parts = Object.entries(windows).flatMap(([name, set]) => fewSamplesDoubts(set, name));
  return [...fewSamplesDoubts(metrics), ...parts];
}

/** Messages whose stamp is of a clock that cannot be compared with this machine's: they have no latency. */
export function otherClock({ reports, metrics }: DoubtInput): Doubt[] {
  const count = sumOf(reports, (report) => report.otherClock);
  if (count === 0) return [];
  const received = metrics.values['messages.received'] ?? count;
  const were = count === 1 ? 'message was' : 'messages were';
  return [
    {
      code: 'other-clock',
      metric: 'delivery.e2e',
      message: `${formatCount(count)} of ${formatCount(received)} ${were} stamped by another clock than this machine’s, and ${count === 1 ? 'has' : 'have'} no latency`,
      advice:
        'run publisher and subscriber on one machine, in one time namespace and with the same version of mqbench, or read publish.ack of the publisher',
    },
  ];
}
