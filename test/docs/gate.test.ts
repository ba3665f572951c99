import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { expect, it } from 'vitest';
import { freePort } from '../helpers/free-port.js';
import { readPage, root } from './pages.js';

const hasMosquitto =
  spawnSync('mosquitto', ['-h'], { env: { ...env, PATH: `${env.PATH}:/usr/sbin` } }).error === undefined;
if (!hasMosquitto) process.stderr.write('skipped: gate.sh of docs/how-to/my-broker.md: mosquitto is not installed\n');

/** The script as printed, on a port of its own, in two rounds that are short. */
function shortened(port: number): string {
  const printed = readPage('docs/how-to/my-broker.md').blocks.find(({ text }) => text.startsWith('base='))?.text ?? '';
  const changes: [string | RegExp, string][] = [
    ['for side in base head head base base head head base base head head base', 'for side in base head'],
    [/mqtt:\/\/127\.0\.0\.1/g, `mqtt://127.0.0.1:${port}`],
    ['--duration 1s', '--duration 10ms'],
    ['--warmup 2s --duration 10s', '--duration 300ms --linger 2s'],
    ['--pubs 50 --subs 50', '--pubs 5 --subs 5'],
  ];
  let text = printed;
  for (const [from, to] of changes) {
    const before = text;
    text = text.replace(from, to);
    expect(text, String(from)).not.toBe(before);
  }
  return text;
}

it.skipIf(!hasMosquitto)(
  'gate.sh of docs/how-to/my-broker.md starts both brokers by turns and compares what was measured',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-gate-'));
    const port = await freePort();
    writeFileSync(join(folder, 'mqbench'), `#!/bin/sh\nexec ${execPath} ${root}dist/main.js "$@"\n`);
    chmodSync(join(folder, 'mqbench'), 0o755);
    writeFileSync(join(folder, 'gate.sh'), shortened(port));
    const broker = `mosquitto -p ${port}`;
    const { status, stdout, stderr } = spawnSync('sh', ['gate.sh', broker, broker], {
      cwd: folder,
      env: { ...env, PATH: `${folder}:${env.PATH}:/usr/sbin` },
      encoding: 'utf8',
      timeout: 50_000,
    });
    // One run a side cannot show anything, which --require-power does not let pass.
    expect(status, `${stdout}\n${stderr}`).toBe(12);
    expect(stdout).toContain('INCONCLUSIVE');
    for (const metric of ['publish.ack', 'delivery.e2e'])
      expect(readFileSync(join(folder, 'results/junit.xml'), 'utf8')).toContain(metric);
    expect(readFileSync(join(folder, 'results/summary.md'), 'utf8')).toContain('|');
    rmSync(folder, { recursive: true });
  },
);
