import type { Clock } from '../../base/clock.js';
import { Histogram } from '../../metrics/histogram.js';
import { watchLoopDelay } from '../../metrics/loop-delay.js';
import type { ProcessorUse } from '../../metrics/resources.js';
import type { LoadPhase } from '../messages.js';

const shortestPhaseMicros = 500_000;

/**
 * What this process used of a core, and how late its event loop was, while it mattered: connecting, publishing, waiting
 * for what is outstanding, and not the pauses between.
 */
export class PhaseWatch {
  /** The highest share of one core over any phase of that name; above 1 when several threads worked. */
  readonly busyShare: Record<LoadPhase, number> = { connecting: 0, traffic: 0, drain: 0 };
  readonly loopDelay = { connecting: new Histogram(), traffic: new Histogram(), drain: new Histogram() };
  private from: { readonly phase: LoadPhase; readonly at: number; readonly cpu: number } | undefined;
  private stopLoopDelay: () => void = () => {};

  /** @param onTick told of every tick of the loop as well, see {@link watchLoopDelay} */
  constructor(
    private readonly clock: Clock,
    private readonly use: () => ProcessorUse,
    private readonly onTick: (lateMicros: number, dueMicros: number) => void,
  ) {}

  begin(phase: LoadPhase): void {
    this.end();
    this.from = { phase, at: this.clock(), cpu: this.spent() };
    const histogram = this.loopDelay[phase];
    this.stopLoopDelay = watchLoopDelay((late, due) => {
      histogram.record(late);
      this.onTick(late, due);
    }, this.clock);
  }

  /** Ends the phase that is open, if one is; of a short one the share is left out, it says little. */
  end(): void {
    this.stopLoopDelay();
    if (this.from === undefined) return;
    const { phase, at, cpu } = this.from;
    const took = this.clock() - at;
    if (took >= shortestPhaseMicros) {
      this.busyShare[phase] = Math.max(this.busyShare[phase], (this.spent() - cpu) / took);
    }
    this.from = undefined;
  }

  private spent(): number {
    const use = this.use();
    return use.cpuUserMicros + use.cpuSystemMicros;
  }
}
