import type { Histogram } from '../../metrics/histogram.js';
import { isEventMetric } from '../../metrics/registry.js';
import type { MetricSet } from '../../result/types.js';
import type { LoadReport } from '../contract.js';
import { addedUp, histogramOf } from '../histograms.js';
import type { LoadPhase, WorkerReport } from '../messages.js';
import { eventSets } from './event-sets.js';
import { distributionsOf, type LeftOperations, leftOperations, type Merged, mergeSegments } from './merged.js';

/** What some workers have recorded, added up. */
export interface Samples {
  readonly reports: readonly WorkerReport[];
  readonly whole: Merged;
  readonly distributions: MetricSet['distributions'];
  readonly windows: readonly {
    readonly name: string;
    readonly merged: Merged;
    readonly distributions: MetricSet['distributions'];
  }[];
  readonly events: LoadReport['events'];
  readonly left: readonly LeftOperations[];
  readonly loops: Readonly<Record<LoadPhase, Histogram>>;
}

export function samplesOf(reports: readonly WorkerReport[], publishEnd: number): Samples {
  const whole = mergeSegments(reports, publishEnd, () => true);
  const gaps = addedUp(reports, (report) => report.gaps);
  const openGaps = addedUp(reports, (report) => report.openGaps);
  const ofPhase = (phase: LoadPhase): Histogram => addedUp(reports, ({ loopDelay }) => loopDelay[phase]);
  const loops = { connecting: ofPhase('connecting'), traffic: ofPhase('traffic'), drain: ofPhase('drain') };
  // Over the whole, each client has one longest silence; the windows' ones would count a client several times.
  whole.histograms.delete('delivery.gap');
  whole.left.delete('delivery.gap');
  if (gaps.count > 0) whole.histograms.set('delivery.gap', gaps);
  if (openGaps.count > 0) whole.left.set('delivery.gap', openGaps);
  for (const loop of Object.values(loops)) histogramOf(whole.histograms, 'loop.delay').add(loop);

  const distributions = distributionsOf(whole);
  const ofParts: LeftOperations[] = leftOperations(whole, distributions);
  const names = new Set(reports.flatMap((report) => report.segments.map((segment) => segment.name)));
  const windows = [...names].flatMap((name) => {
    if (name === null) return [];
    const merged = mergeSegments(reports, publishEnd, (segment) => segment.name === name);
    const distributions = distributionsOf(merged);
    ofParts.push(...leftOperations(merged, distributions, name));
    return [{ name, merged, distributions }];
  });
  const { events, left: ofEvents } = eventSets(reports);
  // Of a window and an event of one name, reconnects are the event's.
  const ofOthers = ofParts.filter(({ metric, window = '' }) => !(isEventMetric(metric) && events[window]));
  return { reports, whole, distributions, windows, events, left: [...ofOthers, ...ofEvents], loops };
}
