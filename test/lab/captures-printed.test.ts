import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath, kill } from 'node:process';
import { expect, test } from 'vitest';
import { readPage, root } from '../docs/pages.js';
import { whyNot } from './conditions.js';

const reason =
  (await whyNot('tun')) ?? (spawnSync('tshark', ['--version']).error ? 'tshark is not installed' : undefined);
if (reason !== undefined) process.stderr.write(`skipped: the commands of docs/how-to/captures.md: ${reason}\n`);

/** The scripts of the page up to "When the broker is not mqbench's", in their order. */
const [labUp = '', broker = '', clients = '', tls = '', quic = ''] = readPage('docs/how-to/captures.md')
  .blocks.filter(({ language }) => language === 'sh')
  .map(({ text }) => text);

/** A terminal: programs that stay get one of their own, as on the page. */
class Terminals {
  readonly folder = mkdtempSync(join(tmpdir(), 'mqbench-captures-'));
  private readonly held: ChildProcess[] = [];
  // A lab is found by its name below the folder of temporary files: another one that is up is not disturbed.
  private readonly env = { ...env, PATH: `${this.folder}:${env.PATH}:/usr/sbin`, TMPDIR: this.folder };

  constructor() {
    writeFileSync(join(this.folder, 'mqbench'), `#!/bin/sh\nexec ${execPath} ${root}dist/main.js "$@"\n`);
    chmodSync(join(this.folder, 'mqbench'), 0o755);
  }

  /** Starts what stays until Ctrl-C. @returns when it has printed the text */
  async hold(script: string, until: string): Promise<ChildProcess> {
    const child = spawn('sh', ['-c', script], {
      cwd: this.folder,
      env: this.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.held.push(child);
    let said = '';
    await new Promise<void>((resolve, reject) => {
      const hear = (text: Buffer): void => {
        said += text;
        if (said.includes(until)) resolve();
      };
      child.stdout?.on('data', hear);
      child.stderr?.on('data', hear);
      child.once('exit', () => reject(new Error(`ended: ${said}`)));
    });
    return child;
  }

  run(script: string): string {
    const options = { cwd: this.folder, env: this.env, encoding: 'utf8', timeout: 40_000 } as const;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script], options);
    expect(status, stderr).toBe(0);
    return stdout;
  }

  async interrupt(child: ChildProcess): Promise<void> {
    const ended = once(child, 'exit');
    kill(-(child.pid as number), 'SIGINT');
    await ended;
  }

  async close(): Promise<void> {
    for (const child of this.held.reverse())
      if (child.exitCode === null && child.signalCode === null) await this.interrupt(child);
    rmSync(this.folder, { recursive: true });
  }
}

test.skipIf(reason !== undefined)(
  'the commands of docs/how-to/captures.md, as printed, show MQTT in TLS and in QUIC',
  async () => {
    const terminals = new Terminals();
    try {
      const lab = await terminals.hold(labUp, 'is up');
      await terminals.hold(broker, 'Ctrl-C ends');
      expect(terminals.run(clients).match(/promise kept/g)).toHaveLength(2);
      await terminals.interrupt(lab);
      const shown = terminals.run(tls);
      expect(shown.match(/Publish Message.*\[secret\/mqbench-pubsub-/g)?.length).toBeGreaterThanOrEqual(10);
      expect(terminals.run(tls.replace('-o tls.keylog_file:keys.log', ''))).toBe('');
      const topic = Buffer.from('secret/mqbench-pubsub-').toString('hex');
      expect(terminals.run(quic).split(topic).length).toBeGreaterThan(10);
    } finally {
      await terminals.close();
    }
  },
);
