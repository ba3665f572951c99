import { formatCount, formatDuration } from '../base/units.js';
import type { LoadPlan, LoadProgress } from '../load/contract.js';
import type { Output } from './environment.js';

/** One readable line a second; on a terminal it rewrites itself. */
export class LoadLine {
  private before: LoadProgress | undefined;
  private beforeAt = 0;
  private shown = false;

  constructor(
    private readonly out: Output,
    private readonly plan: LoadPlan,
    private readonly now: () => number,
    private readonly startMicros: number,
  ) {}

  update(progress: LoadProgress): void {
    const now = this.now();
    if (this.before !== undefined && now - this.beforeAt < 900_000) return;
    const line = this.text(progress, now);
    this.before = progress;
    this.beforeAt = now;
    this.out.write(this.out.isTTY ? `\r\u001b[K${line.slice(0, this.out.columns - 1)}` : `${line}\n`);
    this.shown = true;
  }

  /** Leaves the terminal as it was before the line. */
  clear(): void {
    if (this.shown && this.out.isTTY) this.out.write('\r\u001b[K');
    this.shown = false;
  }

  private text(progress: LoadProgress, now: number): string {
    const { plan, before } = this;
    const seconds = (now - this.beforeAt) / 1e6;
    const rate = (of: (p: LoadProgress) => number): string =>
      before === undefined ? '-' : `${formatCount((of(progress) - of(before)) / seconds)}/s`;
    const parts = [
      `${formatCount((now - this.startMicros) / 1e6).padStart(4)} s`,
      `connected ${formatCount(progress.connected)}/${formatCount(plan.clients)}`,
      `failed ${formatCount(progress.failed)}`,
    ];
    if (plan.publish !== undefined) {
      parts.push(plan.publish.qos === 0 ? `sent ${rate((p) => p.sent ?? 0)}` : `acked ${rate((p) => p.acknowledged)}`);
    }
    if (plan.subscribe !== undefined) parts.push(`received ${rate((p) => p.received)}`);
    if (plan.publish !== undefined && plan.publish.qos > 0) {
      parts.push(`ack P95 ${formatDuration(progress.ackP95Micros)}`, `in flight ${formatCount(progress.inFlight)}`);
    }
    if (plan.publish?.rate !== undefined) parts.push(`late ${formatCount(progress.lateSends)}`);
    return parts.join('  ');
  }
}
