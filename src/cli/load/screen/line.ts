import { formatCount, formatDuration } from '../../../base/units.js';
import type { LoadProgress } from '../../../load/contract.js';
import { type LoadPlan, rateOf } from '../../../plan/plan.js';
import { draw, type Output } from '../../environment.js';

/** Between two lines; reports come every half second. */
const periodMicros = 900_000;

/** What a load does now: one readable line a second, on a terminal a panel of three lines that rewrites itself. */
export class LoadLine {
  private before: LoadProgress | undefined;
  private beforeAt = 0;
  private panelLines = 0;

  constructor(
    private readonly out: Output,
    private readonly plan: LoadPlan,
    private readonly now: () => number,
    private readonly startMicros: number,
  ) {}

  update(progress: LoadProgress): void {
    const now = this.now();
    if (this.before !== undefined && now - this.beforeAt < periodMicros) return;
    const groups = this.groups(progress, now);
    this.before = progress;
    this.beforeAt = now;
    if (this.out.isTTY) this.panel(groups);
    else this.out.write(`${groups.flat().join('  ')}\n`);
  }

  /** Leaves the terminal as it was before. */
  clear(): void {
    if (this.panelLines > 0) draw(this.out, `\u001b[${this.panelLines}A\u001b[J`);
    this.panelLines = 0;
  }

  private panel(groups: readonly (readonly string[])[]): void {
    const lines = groups
      .filter((group) => group.length > 0)
      .map((group, i) => `${i === 0 ? '' : '        '}${group.join('   ')}`);
    const up = this.panelLines > 0 ? `\u001b[${this.panelLines}A` : '';
    draw(this.out, `${up}${lines.map((line) => `\u001b[2K${line.slice(0, this.out.columns - 1)}\n`).join('')}`);
    this.panelLines = lines.length;
  }

  /** Who is connected; how much goes through; how well. */
  private groups(progress: LoadProgress, now: number): string[][] {
    const { plan, before } = this;
    const seconds = (now - this.beforeAt) / 1e6;
    const rate = (of: (p: LoadProgress) => number): string =>
      before === undefined ? '-' : `${formatCount((of(progress) - of(before)) / seconds)}/s`;
    const clients = [
      `${formatCount((now - this.startMicros) / 1e6).padStart(4)} s`,
      `connected ${formatCount(progress.connected)}/${formatCount(plan.clients)}`,
      `failed ${formatCount(progress.failed)}`,
    ];
    const messages: string[] = [];
    const quality: string[] = [];
    if (plan.publish !== undefined) {
      messages.push(
        plan.publish.qos === 0 ? `sent ${rate((p) => p.sent ?? 0)}` : `acked ${rate((p) => p.acknowledged)}`,
      );
    }
    if (plan.subscribe !== undefined) messages.push(`received ${rate((p) => p.received)}`);
    if (plan.publish !== undefined && plan.publish.qos > 0) {
      quality.push(`ack P95 ${formatDuration(progress.ackP95Micros)}`, `in flight ${formatCount(progress.inFlight)}`);
    }
    if (rateOf(plan) !== undefined) quality.push(`late ${formatCount(progress.lateSends)}`);
    return [clients, messages, quality];
  }
}
