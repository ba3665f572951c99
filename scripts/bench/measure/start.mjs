// Processor time of short commands beside that of Node.js that does nothing.
import { execFile } from 'node:child_process';
import process, { execPath } from 'node:process';
import { promisify } from 'node:util';
import { cpuOf } from '../../../dist/run/usage/proc.js';
import { program } from './build.mjs';
import { openBroker } from './setting.mjs';

const run = promisify(execFile);

/** Processor time that a command took with all that it started and waited for, milliseconds: the mean of several, one after the other. */
async function millisOf(args, times) {
  const used = () => {
    const [all, own] = [cpuOf(process.pid, true), cpuOf(process.pid)];
    return all.cpuUserMicros + all.cpuSystemMicros - own.cpuUserMicros - own.cpuSystemMicros;
  };
  await run(execPath, args); // what it reads is in memory from now on
  const before = used();
  for (let i = 0; i < times; i++) await run(execPath, args);
  return (used() - before) / 1000 / times;
}

/** @returns milliseconds of `node -e 0`, `mqbench --version`, and `mqbench pub` of one message over TCP */
export async function measure({ times }) {
  const broker = await openBroker('mqbench', 'tcp');
  try {
    const bare = await millisOf(['-e', '0'], times);
    const version = await millisOf([program, '--version'], times);
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const pub = await millisOf([program, 'pub', url, '-t', 'bench/one', '-c', '1', '-L', '1', '-q', '1'], times);
    return { bare, version, pub };
  } finally {
    await broker.close();
  }
}
