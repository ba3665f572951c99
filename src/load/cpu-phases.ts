import type { Clock } from '../base/clock.js';
import type { ProcessorUse } from '../metrics/resources.js';

const shortestPhaseMicros = 500_000;

/** How much of a core this process used while it mattered: connecting and publishing, not the pauses between. */
export class CpuPhases {
  /** The highest share of one core over any phase; above 1 when several threads worked. */
  busiestShare = 0;
  private from: { readonly at: number; readonly cpu: number } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly use: () => ProcessorUse,
  ) {}

  begin(): void {
    this.end();
    this.from = { at: this.clock(), cpu: this.spent() };
  }

  /** Ends the phase; short ones are left out, they say little. */
  end(): void {
    if (this.from === undefined) return;
    const took = this.clock() - this.from.at;
    if (took >= shortestPhaseMicros) {
      this.busiestShare = Math.max(this.busiestShare, (this.spent() - this.from.cpu) / took);
    }
    this.from = undefined;
  }

  private spent(): number {
    const use = this.use();
    return use.cpuUserMicros + use.cpuSystemMicros;
  }
}
