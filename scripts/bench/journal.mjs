// The result of a run as a file that is whole at any moment: it is written anew, beside the old one, after every measurement.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export class Journal {
  /** @param about what is known beforehand: machine, commits, options */
  constructor(file, about) {
    this.file = file;
    this.result = { format: 'mqbench-bench', schema: 1, finished: false, ...about, gauge: {}, rows: [], samples: [] };
    mkdirSync(dirname(file), { recursive: true });
    this.write();
  }

  /** What one cell measured in one round, or why it could not. */
  sample(sample) {
    this.result.samples.push(sample);
    this.write();
  }

  row(row) {
    this.result.rows.push(row);
    this.write();
  }

  /** @param when `before` or `after` the measurements */
  gauge(when, figures) {
    this.result.gauge[when] = figures;
    this.write();
  }

  finish(more) {
    Object.assign(this.result, { ...more, finished: true });
    this.write();
  }

  write() {
    const whole = `${this.file}.new`;
    writeFileSync(whole, `${JSON.stringify(this.result, null, 1)}\n`);
    renameSync(whole, this.file);
  }
}
