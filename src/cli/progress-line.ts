import { nowMicros } from '../base/clock.js';
import { printableLine } from '../base/text/printable.js';
import { formatCount, formatDuration } from '../base/units.js';
import type { LoadProgress } from '../load/contract.js';
import type { Phase, RunProgress } from '../run/progress.js';
import { draw, type Output } from './environment.js';

const phaseWords: Record<Phase, string> = {
  network: 'building and calibrating the network',
  broker: 'starting broker and load',
  connect: 'connecting',
  traffic: 'traffic',
  drain: 'waiting for what is under way',
  collect: 'collecting',
};

/** Rates are of at least so long; reports come every half second. */
const periodMicros = 900_000;

/** What goes through, per second. */
type Rates = Readonly<Record<'sent' | 'acknowledged' | 'received', number>>;

/**
 * What a run does now: where it is, who is connected, what goes through and how well, what is left. On a terminal it
 * rewrites itself; elsewhere a run of cells has a line per change of phase, and a load by hand one a second.
 */
export class ProgressLine {
  /** Of the last update. */
  text = '';
  private height = 0;
  private lastPhase = '';
  private before: { readonly cellId: string; readonly atMicros: number; readonly load: LoadProgress } | undefined;
  private rates: Rates | undefined;
  private readonly beganMicros: number;

  constructor(
    private readonly output: Output,
    private readonly of: 'cells' | 'load' = 'cells',
    private readonly now: () => number = nowMicros,
  ) {
    this.beganMicros = now();
  }

  update(progress: RunProgress): void {
    const isDue = this.measure(progress);
    const { cellNumber, cellCount, cellId } = progress;
    const seconds = formatCount((this.now() - this.beganMicros) / 1e6);
    const head = this.of === 'load' ? `${seconds.padStart(4)} s` : `[${cellNumber}/${cellCount}] ${cellId}`;
    this.text = [head, ...partsOf(progress, this.rates)].join(' · ');
    if (this.output.isTTY) {
      this.rewrite();
      return;
    }
    const phase = `${cellId} ${progress.phase}`;
    if (this.of === 'load' ? !isDue : phase === this.lastPhase) return;
    this.lastPhase = phase;
    this.output.write(`${this.text}\n`);
  }

  /** A line that stays, above the live one. */
  note(text: string): void {
    this.clear();
    this.output.write(`${text}\n`);
  }

  /** Leaves the terminal as it was before. */
  clear(): void {
    if (this.height > 0) draw(this.output, `\u001b[${this.height}A\u001b[J`);
    this.height = 0;
  }

  /** @returns whether a period is over, at the end of which there are new rates; the first report of a cell has none */
  private measure({ cellId, load }: RunProgress): boolean {
    if (load === undefined) return false;
    const atMicros = this.now();
    const before = this.before?.cellId === cellId ? this.before : undefined;
    if (before === undefined) this.rates = undefined;
    else if (atMicros - before.atMicros < periodMicros) return false;
    else {
      const perSecond = (of: (load: LoadProgress) => number): number =>
        ((of(load) - of(before.load)) * 1e6) / (atMicros - before.atMicros);
      this.rates = {
        sent: perSecond(({ sent = 0 }) => sent),
        acknowledged: perSecond(({ acknowledged }) => acknowledged),
        received: perSecond(({ received }) => received),
      };
    }
    this.before = { cellId, atMicros, load };
    return true;
  }

  private rewrite(): void {
    const lines = fitted(printableLine(this.text), this.output.columns - 1);
    this.clear();
    draw(this.output, `${lines.join('\n')}\n`);
    this.height = lines.length;
  }
}

function partsOf({ phase, clients, load, remainingMicros }: RunProgress, rates: Rates | undefined): string[] {
  const parts: string[] = [phaseWords[phase]];
  if (load) {
    parts.push(`${formatCount(load.connected)} of ${formatCount(clients)} connected`);
    if (load.failed > 0) parts.push(`${formatCount(load.failed)} failed`);
    if (phase !== 'connect') parts.push(...messagesOf(load, rates));
  }
  if (remainingMicros !== undefined) parts.push(`${timeLeft(remainingMicros)} left`);
  return parts;
}

/** What goes through, in counts until there are rates. */
function messagesOf(load: LoadProgress, rates: Rates | undefined): string[] {
  const { sent = 0, acknowledged, received, inFlight, lateSends, ackP95Micros } = load;
  const much = (name: keyof Rates): string =>
    `${rates ? `${formatCount(rates[name])}/s` : formatCount(load[name] ?? 0)} ${name}`;
  const answered = `${much('acknowledged')}, P95 ${formatDuration(ackP95Micros)}, ${formatCount(inFlight)} in flight`;
  return [
    ...(acknowledged > 0 || inFlight > 0 ? [answered] : sent > 0 ? [much('sent')] : []),
    ...(received > 0 ? [much('received')] : []),
    ...(lateSends > 0 ? [`${formatCount(lateSends)} sent late`] : []),
  ];
}

/** Whole seconds: it is an estimate. */
function timeLeft(micros: number): string {
  const seconds = Math.ceil(micros / 1e6);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
}

/** In lines of at most so many columns, broken between the parts. */
function fitted(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const part of text.split(' · ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 3 + part.length <= columns) lines[lines.length - 1] = `${last} · ${part}`;
    else lines.push((last === undefined ? part : `  ${part}`).slice(0, columns));
  }
  return lines;
}
