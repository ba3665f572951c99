import type { ChildProcess } from 'node:child_process';

/** Characters that are kept: the last ones, in which a broker says why it ends. */
const mostCharacters = 256 * 1024;

/** What a broker prints, on both of its outputs, in the order in which it comes. */
export class BrokerLog {
  private kept = '';
  private isCut = false;

  constructor({ stdout, stderr }: ChildProcess) {
    for (const stream of [stdout, stderr]) stream?.setEncoding('utf8').on('data', (text: string) => this.add(text));
  }

  private add(text: string): void {
    this.kept += text;
    // Not at every line: to cut is to copy.
    if (this.kept.length < 2 * mostCharacters) return;
    this.kept = this.kept.slice(-mostCharacters);
    this.isCut = true;
  }

  get text(): string {
    return this.isCut ? `… (only the end is kept)\n${this.kept}` : this.kept;
  }

  lastLines(count: number): string[] {
    return this.kept.trimEnd().split('\n').slice(-count).filter(Boolean);
  }
}
