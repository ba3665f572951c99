import { type ChildProcess, spawn } from 'node:child_process';
import { env } from 'node:process';
import { createInterface } from 'node:readline';
import { MqbenchError, machineError } from '../base/errors.js';
import type { Holder } from './holder.js';
import { scriptPath } from './scripts.js';
import { toolPath } from './tools.js';

/** The way from a lab to addresses outside, through this host (scripts/network/uplink.sh). */
export interface Uplink {
  /** Rejects with MQB_LAB_DIED when it goes without {@link close}; never resolves. */
  readonly failed: Promise<never>;
  /** Takes back what it changed on this host. Idempotent. */
  close(): Promise<void>;
}

/** Taking back takes milliseconds; a script that hangs must not hang the run. */
const longestCloseMillis = 5000;

/**
 * Opens it. The script ends by itself when this process does, so it is tied to nothing but its input.
 * @param targets addresses outside that will be talked to
 * @throws MQB_LAB_RIGHTS without root, MQB_LAB_UPLINK with what the script said
 */
export async function openUplink(holder: Holder, targets: readonly string[]): Promise<Uplink> {
  if (holder.rootless) {
    const hint = 'run as root (sudo), or play without a network and events from this host (network: none)';
    throw machineError('MQB_LAB_RIGHTS', 'a way out of the lab, to a broker elsewhere, needs root', hint);
  }
  const places = [holder.networkOf('server'), holder.networkOf('nat')];
  const script = spawn('sh', [scriptPath('uplink.sh'), 'on', ...places, ...targets], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...env, PATH: toolPath(env.PATH), LC_ALL: 'C' },
    detached: true, // out of reach of the terminal's Ctrl-C: it has to take everything back first
  });
  const ended = new Promise<void>((resolve) => script.once('close', () => resolve()));
  await ready(script);
  let closing = false;
  const failed = ended.then(() => {
    if (closing) return new Promise<never>(() => {});
    throw new MqbenchError('MQB_LAB_DIED', "the lab's way out is gone: its script ended");
  });
  failed.catch(() => {}); // whoever waits for it sees it
  return {
    failed,
    close: async () => {
      closing = true;
      script.stdin?.end();
      const killer = setTimeout(() => script.kill('SIGKILL'), longestCloseMillis);
      await ended;
      clearTimeout(killer);
    },
  };
}

function ready(script: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    script.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    script.stdin?.on('error', () => {}); // it ended: its exit tells
    createInterface({ input: script.stdout! }).on('line', (line) => {
      if (line === 'ready') resolve();
    });
    const fail = (how: string): void => {
      const hint = 'one lab at a time may have a way out; mqbench doctor says what is missing on this machine';
      reject(machineError('MQB_LAB_UPLINK', `could not open a way out of the lab: ${said.trim() || how}`, hint));
    };
    script.once('error', (error) => fail(error.message));
    script.once('close', (code, signal) => fail(`it ended with ${signal ?? code}`));
  });
}
