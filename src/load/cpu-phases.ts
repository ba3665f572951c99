import type { Clock } from '../base/clock.js';
import type { ProcessorUse } from '../metrics/resources.js';
import type { LoadPhase } from './messages.js';

const shortestPhaseMicros = 500_000;

/** How much of a core this process used while it mattered: connecting and publishing, not the pauses between. */
export class CpuPhases {
  /** The highest share of one core over any phase of that name; above 1 when several threads worked. */
  readonly busyShare: Record<LoadPhase, number> = { connecting: 0, traffic: 0 };
  private from: { readonly phase: LoadPhase; readonly at: number; readonly cpu: number } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly use: () => ProcessorUse,
  ) {}

  begin(phase: LoadPhase): void {
    this.end();
    this.from = { phase, at: this.clock(), cpu: this.spent() };
  }

  /** Ends the phase; short ones are left out, they say little. */
  end(): void {
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
