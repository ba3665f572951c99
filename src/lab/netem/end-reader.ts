import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { machineError } from '../../base/errors.js';
import type { Place } from '../contract.js';
import type { Holder } from '../holder.js';
import { endScript, type LinkEnd, parseEnd } from './counters.js';

/** Ends an answer of {@link readerScript}; neither tc nor nft prints such a line. */
const end = '.';

/** One shell for all looks at an end: entering its namespace takes longer than the look itself. */
const readerScript = `while read -r _; do\n${endScript} || exit 1\necho ${end}\ndone`;

/** Reads the counters of one end of the link, in its namespace, until the lab is closed. */
export class EndReader {
  private readonly child: ChildProcess;
  private lines: string[] = [];
  private said = '';
  private readonly waiting: { resolve: (end: LinkEnd) => void; reject: (error: Error) => void }[] = [];

  constructor(holder: Holder, place: Place, device: string) {
    const args = ['-c', readerScript, 'sh', device];
    this.child = holder.spawn(place, 'sh', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.hear(line));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.said = (this.said + text).slice(-4000);
    });
    this.child.stdin?.on('error', () => {}); // it has ended: `close` tells
    this.child.once('error', (error) => this.fail(error.message));
    this.child.once('close', (code, signal) => this.fail(`it ended with ${signal ?? code}`));
  }

  /** @throws MQB_LAB_COMMAND when tc or nft fail */
  read(): Promise<LinkEnd> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      if (this.child.exitCode === null && this.child.signalCode === null) this.child.stdin?.write('\n');
      else this.fail('it had ended');
    });
  }

  close(): void {
    this.child.stdin?.end();
  }

  private hear(line: string): void {
    if (line !== end) {
      this.lines.push(line);
      return;
    }
    const text = this.lines.join('\n');
    this.lines = [];
    this.waiting.shift()?.resolve(parseEnd(text));
  }

  private fail(how: string): void {
    const error = machineError('MQB_LAB_COMMAND', `in the lab, counters of the link: ${this.said.trim() || how}`);
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}
