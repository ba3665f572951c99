import { restartIds } from '../charts/canvas.js';
import { type TimeLine, timeChart } from '../charts/time.js';
import { figures } from '../html/figure.js';
import { html, type Markup } from '../html/markup.js';

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
  readonly load?: LiveLoad;
}

interface Sample extends LiveLoad {
  readonly atMicros: number;
}

/** A chart of more points than pixels shows nothing more; older ones go. */
const mostSamples = 600;

/** The samples of the cell that runs, and the charts of them. */
export class LiveSamples {
  private cellId = '';
  private samples: Sample[] = [];
  private latest: LiveProgress | undefined;

  add(progress: LiveProgress, atMicros: number): void {
    if (progress.cellId !== this.cellId) this.samples = [];
    this.cellId = progress.cellId;
    this.latest = progress;
    if (!progress.load) return;
    this.samples.push({ ...progress.load, atMicros });
    if (this.samples.length > mostSamples) this.samples.shift();
  }

  render(): Markup {
    if (!this.latest) return html`<p>Nothing runs yet.</p>`;
    const { line, cellNumber, cellCount } = this.latest;
    restartIds('live');
    return html`<div class="headline"><p>${line}</p></div>
<progress value="${cellNumber - 1}" max="${cellCount}">${cellNumber - 1} of ${cellCount}</progress>
${this.samples.length < 2 ? undefined : figures(this.charts())}`;
  }

  private charts() {
    const name = this.cellId;
    const edges = Array.from({ length: this.samples.length + 1 }, (_, place) => place * this.step());
    const line = (values: readonly number[]): TimeLine[] => [{ name, index: 0, stairs: { edges, values } }];
    const view = { half: true, axis: 'seconds' };
    return [
      timeChart('Acknowledged per second', 'acknowledged per second', 'count', line(this.rates()), [], view),
      timeChart('Acknowledgement latency, P95', 'P95', 'duration', line(this.samples.map(latency)), [], view),
      timeChart(
        'Clients connected, the fewest at once',
        'clients',
        'count',
        line(this.samples.map((sample) => sample.connectedLeast)),
        [],
        view,
      ),
    ];
  }

  /** Samples come at a steady beat; their mean distance is good enough for a live chart. */
  private step(): number {
    const [first, last] = [this.samples[0] as Sample, this.samples.at(-1) as Sample];
    return Math.max(1, (last.atMicros - first.atMicros) / (this.samples.length - 1));
  }

  private rates(): number[] {
    return this.samples.map((sample, index) => {
      const before = this.samples[index - 1];
      if (!before) return Number.NaN;
      const seconds = Math.max(1e-3, (sample.atMicros - before.atMicros) / 1e6);
      return Math.max(0, (sample.acknowledged - before.acknowledged) / seconds);
    });
  }
}

function latency(sample: Sample): number {
  return sample.ackP95Micros > 0 ? sample.ackP95Micros : Number.NaN;
}
