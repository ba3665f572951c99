import { metrics } from '../../metrics/registry.js';
import { type Chart, restartIds } from '../charts/canvas.js';
import { type TimeLine, type TimeMark, timeChart } from '../charts/time.js';
import { figures, html, type Markup } from '../html/markup.js';
import { numberLabel } from '../rows/builders.js';
import { armLabel } from '../words/words.js';

/** What the load tells about twice a second while it runs. */
export interface LiveLoad {
  readonly connected: number;
  /** The fewest at once since the time before. */
  readonly connectedLeast: number;
  readonly acknowledged: number;
  readonly received: number;
  readonly ackP95Micros: number;
}

/** A running experiment as the view shows it. */
export interface LiveProgress {
  readonly cellId: string;
  /** From 1. */
  readonly cellNumber: number;
  readonly cellCount: number;
  /** One line in words, as the terminal shows it. */
  readonly line: string;
  /** `traffic` from when messages flow, from which events count. */
  readonly phase?: string;
  readonly load?: LiveLoad;
}

/** What the run is going to be. */
export interface LivePlan {
  /** In the order of the run, which is that of their colours. */
  readonly arms: readonly string[];
  /** What happens, from when the traffic begins. */
  readonly events: readonly TimeMark[];
}

interface Sample extends LiveLoad {
  readonly atMicros: number;
}

/** The samples of one cell. */
interface Run {
  readonly cellId: string;
  readonly samples: Sample[];
  /** When its traffic began; undefined: it has not. */
  trafficAt: number | undefined;
}

/** A chart of more points than pixels shows nothing more; older ones go. */
const mostSamples = 600;

/** The arm of a cell's id, and the rest, which cells that are compared with each other share. */
function partsOf(cellId: string): [arm: string, rest: string] {
  const [arm = ''] = cellId.split('@');
  return [arm, cellId.slice(arm.length)];
}

/** The samples of the cell that runs and of the arms that ran before it on the same network, and the charts of them. */
export class LiveSamples {
  private runs: Run[] = [];
  private latest: LiveProgress | undefined;

  constructor(private readonly plan: LivePlan) {}

  add(progress: LiveProgress, atMicros: number): void {
    const run = this.runOf(progress.cellId);
    this.latest = progress;
    if (progress.phase === 'traffic') run.trafficAt ??= atMicros;
    if (!progress.load) return;
    run.samples.push({ ...progress.load, atMicros });
    if (run.samples.length > mostSamples) run.samples.shift();
  }

  private runOf(cellId: string): Run {
    const last = this.runs.at(-1);
    if (last?.cellId === cellId) return last;
    const run: Run = { cellId, samples: [], trafficAt: undefined };
    const [, place] = partsOf(cellId);
    this.runs = [...this.runs.filter((one) => partsOf(one.cellId)[1] === place), run];
    return run;
  }

  render(): Markup {
    if (!this.latest) return html`<p>Nothing runs yet.</p>`;
    const { line, cellNumber, cellCount } = this.latest;
    restartIds('live');
    const drawn = this.runs.filter(({ samples }) => samples.length >= 2);
    return html`<div class="headline"><p>${line}</p></div>
<progress value="${cellNumber - 1}" max="${cellCount}">${cellNumber - 1} of ${cellCount}</progress>
${drawn.length === 0 ? undefined : figures(this.charts(drawn))}`;
  }

  private charts(runs: readonly Run[]): Chart[] {
    const begun = runs.some(({ trafficAt }) => trafficAt !== undefined);
    const view = { half: true, axis: begun ? 'seconds since the traffic began' : 'seconds until now' };
    const [, place] = partsOf(this.latest?.cellId ?? '');
    const where = place === '' ? '' : `, ${place.slice(1)}`;
    return drawings.map(({ title, what, unit, values }) => {
      const lines = runs.map((run): TimeLine => {
        const [arm] = partsOf(run.cellId);
        const index = Math.max(0, this.plan.arms.indexOf(arm));
        return { name: armLabel(arm), index, stairs: { edges: edgesOf(run), values: values(run.samples) } };
      });
      return timeChart(title + where, what, unit, lines, begun ? this.plan.events : [], view);
    });
  }
}

/** What is drawn of the samples, under the names that the report's rows have. */
const drawings: readonly {
  readonly title: string;
  readonly what: string;
  readonly unit: 'count' | 'duration';
  readonly values: (samples: readonly Sample[]) => number[];
}[] = [
  {
    title: `${metrics['rate.achieved'].label} per second`,
    what: 'acknowledged per second',
    unit: 'count',
    values: ratesOf,
  },
  {
    title: numberLabel({ metric: 'publish.ack', statistic: 'p95' }),
    what: 'P95',
    unit: 'duration',
    values: (all) => all.map(({ ackP95Micros }) => (ackP95Micros > 0 ? ackP95Micros : Number.NaN)),
  },
  {
    title: `${metrics['clients.connected'].label}, the fewest at once`,
    what: 'clients',
    unit: 'count',
    values: (all) => all.map(({ connectedLeast }) => connectedLeast),
  },
];

/** From the traffic's begin; before there is any, until now. A sample stands for the time since the one before it. */
function edgesOf({ samples, trafficAt }: Run): number[] {
  const times = samples.map(({ atMicros }) => atMicros);
  const [first, last] = [times[0] as number, times.at(-1) as number];
  const step = (last - first) / (times.length - 1);
  const origin = trafficAt ?? last;
  return [first - step, ...times].map((at) => at - origin);
}

function ratesOf(samples: readonly Sample[]): number[] {
  return samples.map(({ atMicros, acknowledged }, index) => {
    const before = samples[index - 1];
    if (!before) return Number.NaN;
    return Math.max(0, (acknowledged - before.acknowledged) / Math.max(1e-3, (atMicros - before.atMicros) / 1e6));
  });
}
