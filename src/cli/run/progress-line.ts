import { printableLine } from '../../base/text/printable.js';
import { formatCount, formatDuration } from '../../base/units.js';
import type { RunProgress } from '../../run/progress.js';
import { draw, type Output } from '../environment.js';

const phaseWords: Record<RunProgress['phase'], string> = {
  network: 'building and calibrating the network',
  broker: 'starting broker and load',
  connect: 'connecting',
  traffic: 'traffic',
  drain: 'waiting for what is under way',
  collect: 'collecting',
};

/**
 * The live line of a run: which cell, what it is doing, what is left. On a
 * terminal it rewrites itself; elsewhere (CI logs) there is one line per change
 * of phase, so that a log stays readable.
 */
export class ProgressLine {
  private shown = '';
  private lastPhase = '';

  constructor(private readonly output: Output) {}

  update(progress: RunProgress): void {
    const line = describeProgress(progress);
    if (this.output.isTTY) {
      this.rewrite(line.slice(0, this.output.columns - 1));
      return;
    }
    const phase = `${progress.cellId} ${progress.phase}`;
    if (phase === this.lastPhase) return;
    this.lastPhase = phase;
    this.output.write(`${line}\n`);
  }

  /** A line that stays, above the live one. */
  note(text: string): void {
    this.clear();
    this.output.write(`${text}\n`);
  }

  clear(): void {
    if (this.shown !== '') draw(this.output, '\r\x1b[K');
    this.shown = '';
  }

  private rewrite(line: string): void {
    if (line === this.shown) return;
    draw(this.output, `\r\x1b[K${printableLine(line)}`);
    this.shown = line;
  }
}

/** One line of at most about 100 characters. */
export function describeProgress(progress: RunProgress): string {
  const { cellNumber, cellCount, cellId, phase, load, clients } = progress;
  const parts = [`[${cellNumber}/${cellCount}] ${cellId}`, phaseWords[phase]];
  if (load && phase === 'connect') parts.push(`${formatCount(load.connected)} of ${formatCount(clients)} clients`);
  if (load && (phase === 'traffic' || phase === 'drain')) {
    parts.push(`${formatCount(load.acknowledged)} acknowledged, P95 ${formatDuration(load.ackP95Micros)}`);
    if (load.connected < clients) parts.push(`${formatCount(clients - load.connected)} not connected`);
  }
  if (load && load.failed > 0) parts.push(`${formatCount(load.failed)} failed`);
  parts.push(`${timeLeft(progress.remainingMicros)} left`);
  return parts.join(' · ');
}

/** Whole seconds: it is an estimate. */
function timeLeft(micros: number): string {
  const seconds = Math.ceil(micros / 1e6);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
}
