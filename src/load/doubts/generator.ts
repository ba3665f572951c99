import { formatCount, formatDuration, formatShare } from '../../base/units.js';
import type { Doubt } from '../../result/types.js';
import type { WorkerReport } from '../messages.js';
import type { DoubtInput } from './input.js';

/** A send later than this, or a loop held up for longer, is visible in latencies of a few milliseconds. */
const lateLimitMicros = 5_000;
const loopLimitMicros = 20_000;
const lateShareLimit = 0.01;
const boundCore = 0.9;

/** What a doubt says of the phase that it is about. */
const whileConnecting = { phase: 'connect', text: ' while clients connected' } as const;

export function lateSends({ reports, metrics }: DoubtInput): Doubt[] {
  const late = reports.reduce((sum, report) => sum + report.lateSends, 0);
  const lateness = metrics.distributions['publish.late'];
  if (lateness === undefined || late <= lateness.count * lateShareLimit) return [];
  const share = formatShare(late / lateness.count);
  return [
    {
      code: 'late-sends',
      metric: 'publish.ack',
      message: `${share} of the publishes were written more than ${formatDuration(lateLimitMicros)} after they were due (P99 ${formatDuration(lateness.p99)})`,
      advice: 'lower the rate or add workers; compare publish.ack with publish.ack.raw',
    },
  ];
}

export function loopDelay({ metrics, loopOfTraffic }: DoubtInput): Doubt[] {
  const delay = metrics.distributions['loop.delay'];
  if (delay === undefined || delay.p99 <= loopLimitMicros) return [];
  const inTraffic = loopOfTraffic.count > 0 && loopOfTraffic.percentile(99) > loopLimitMicros;
  const { text, ...about } = inTraffic ? { text: '' } : whileConnecting;
  return [
    {
      code: 'loop-delay',
      metric: 'loop.delay',
      ...about,
      message: `the event loop of the generator was held up${text}: P99 ${formatDuration(delay.p99)}, at most ${formatDuration(delay.max)}`,
      advice: 'add workers, lower the rate, or keep other programs off this machine',
    },
  ];
}

export function generatorBound({ reports }: DoubtInput): Doubt[] {
  const most = ({ busyShare }: WorkerReport): number => Math.max(busyShare.connecting, busyShare.traffic);
  const bound = reports.filter((report) => most(report) >= boundCore);
  if (bound.length === 0) return [];
  const busiest = Math.max(...bound.map(most));
  const inTraffic = bound.some(({ busyShare }) => busyShare.traffic >= boundCore);
  const { text, ...about } = inTraffic ? { text: '' } : whileConnecting;
  return [
    {
      code: 'generator-bound',
      ...about,
      message: `${bound.length} of ${reports.length} generator processes used up to ${formatShare(busiest)} of a core${text}`,
      advice: 'add workers where cores are free; with a closed loop this is the generator’s limit, not the broker’s',
    },
  ];
}

export function receiveDropped({ reports }: DoubtInput): Doubt[] {
  const dropped = reports.reduce((sum, report) => sum + report.receiveDrops, 0);
  if (dropped === 0) return [];
  const message = `the kernel dropped ${formatCount(dropped)} datagrams before the generator read them: its receive buffers were full`;
  const advice = 'add workers or lower the rate; a larger net.core.rmem_max gives larger buffers';
  return [{ code: 'receive-drops', message, advice }];
}

export function lateBoundaries({ reports }: DoubtInput): Doubt[] {
  const latest = Math.max(0, ...reports.map((report) => report.boundaryLateMicros));
  if (latest === 0) return [];
  const message = `a measure window began up to ${formatDuration(latest)} late in one of the generator processes`;
  return [{ code: 'loop-delay', message, advice: 'add workers or lower the rate' }];
}
