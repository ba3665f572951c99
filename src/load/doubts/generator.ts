import { sumOf } from '../../base/numbers/sum.js';
import { formatCount, formatDuration, formatShare } from '../../base/units.js';
import type { MetricName } from '../../metrics/registry.js';
import type { Doubt, MetricSet } from '../../result/types.js';
import type { LoadPhase } from '../messages.js';
import { type DoubtInput, lateLimitMicros, lateShareLimit } from './input.js';

/** A loop that is held up for longer is visible in latencies. */
const loopLimitMicros = 20_000;
const boundCore = 0.9;
/** What helps a generator that has used up its processor. */
export const generatorAdvice =
  'add workers where cores are free; with a closed loop this is the generator’s limit, not the broker’s';

/** Where in a run something was found: what the doubt says of it, and in which words. */
interface Place {
  readonly about: Pick<Doubt, 'phase' | 'window'>;
  readonly text: string;
}
const phases: Readonly<Record<LoadPhase, Place>> = {
  connecting: { about: { phase: 'connect' }, text: ' while clients connected' },
  traffic: { about: {}, text: '' },
  drain: { about: {}, text: ' after publishing had ended' },
};
const inWindow = (window: string): Place => ({ about: { window }, text: ` in "${window}"` });

/** What counts from when a publish was due, and so holds how late the generator was with it. */
const fromDue = ['publish.ack', 'delivery.e2e'] as const satisfies MetricName[];

/** Over the whole run and in each window by itself: what is rare in the whole may be most of a window. */
export function lateSends({ reports, metrics, windows }: DoubtInput): Doubt[] {
  const doubts = (share: string, { distributions }: MetricSet, { about, text }: Place): Doubt[] => {
    const measured = fromDue.filter((metric) => distributions[metric] !== undefined);
    return (measured.length > 0 ? measured : (['publish.late'] as const)).map((metric) => ({
      code: 'late-sends',
      metric,
      ...about,
      message: `${share} of the publishes${text} were written more than ${formatDuration(lateLimitMicros)} after they were due (P99 ${formatDuration(distributions['publish.late']?.p99 ?? 0)})`,
      advice: 'lower the rate or add workers; compare publish.ack with publish.ack.raw',
    }));
  };
  const late = sumOf(reports, (report) => report.lateSends);
  const written = metrics.distributions['publish.late']?.count ?? 0;
  return [
    ...(late > written * lateShareLimit ? doubts(formatShare(late / written), metrics, phases.traffic) : []),
    ...Object.entries(windows).flatMap(([name, set]) => {
      const { p99 = 0 } = set.distributions['publish.late'] ?? {};
      return p99 > lateLimitMicros ? doubts(`more than ${formatShare(lateShareLimit)}`, set, inWindow(name)) : [];
    }),
  ];
}

/** Each phase and each window by itself: ten calm seconds of connecting would hide as many bad ones of traffic. */
export function loopDelay({ loops, windows }: DoubtInput): Doubt[] {
  const doubt = (p99: number, max: number, { about, text }: Place): Doubt => ({
    code: 'loop-delay',
    metric: 'loop.delay',
    ...about,
    message: `the event loop of the generator was held up${text}: P99 ${formatDuration(p99)}, at most ${formatDuration(max)}`,
    advice: 'add workers, lower the rate, or keep other programs off this machine',
  });
  const over = (phase: LoadPhase): boolean => loops[phase].percentile(99) > loopLimitMicros;
  const found = (Object.keys(phases) as LoadPhase[]).filter(
    (phase) => over(phase) && !(phase === 'drain' && over('traffic')),
  );
  return [
    ...found.map((phase) => doubt(loops[phase].percentile(99), loops[phase].max, phases[phase])),
    ...Object.entries(windows).flatMap(([name, { distributions }]) => {
      const { p99 = 0, max = 0 } = distributions['loop.delay'] ?? {};
      return p99 > loopLimitMicros ? [doubt(p99, max, inWindow(name))] : [];
    }),
  ];
}

export function generatorBound({ reports }: DoubtInput): Doubt[] {
  return (Object.keys(phases) as LoadPhase[]).flatMap((phase) => {
    const bound = reports.map(({ busyShare }) => busyShare[phase]).filter((share) => share >= boundCore);
    if (bound.length === 0) return [];
    const { about, text } = phases[phase];
    return [
      {
        code: 'generator-bound' as const,
        ...about,
        message: `${bound.length} of ${reports.length} generator processes used up to ${formatShare(Math.max(...bound))} of a core${text}`,
        advice: generatorAdvice,
      },
    ];
  });
}

export function receiveDropped({ reports }: DoubtInput): Doubt[] {
  const dropped = sumOf(reports, (report) => report.receiveDrops);
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
