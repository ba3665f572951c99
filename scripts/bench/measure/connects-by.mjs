// How fast a load generator, ours or one of others, opens TCP connections to one broker: counted at the broker, by its
// descriptors, in the same way whoever connects.
import { readdirSync } from 'node:fs';
import { spawnHere } from '../../../dist/base/process/child.js';
import { cpuOf, descendants, tell } from '../../../dist/run/usage/proc.js';
import { connectLine } from '../peers/generators.mjs';
import { openBroker, sleep } from './setting.mjs';

const lookEveryMillis = 20;
const limitMillis = 60_000;

const openDescriptors = (pid) => readdirSync(`/proc/${pid}/fd`).length;

/** Processor time of a process and all that it started, microseconds. */
const familyMicros = (pid) =>
  descendants(pid)
    .map((one) => cpuOf(one, true))
    .reduce((sum, use) => sum + (use === undefined ? 0 : use.cpuUserMicros + use.cpuSystemMicros), 0);

/** @returns connects per second from the first to the last, and the generator's processor time per client until then, its start included */
export async function measure({ generator, server, clients, offered }) {
  const broker = await openBroker(server, 'tcp');
  const [command, ...args] = connectLine(generator, { port: broker.port, clients, offered });
  const none = openDescriptors(broker.pid);
  const child = spawnHere(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said = (said + text).slice(-500);
  });
  try {
    const began = performance.now();
    let first;
    for (;;) {
      const [open, now] = [openDescriptors(broker.pid) - none, performance.now()];
      if (first === undefined && open > 0) first = { open, now };
      if (open >= clients) {
        const seconds = (now - first.now) / 1000;
        return { rate: (open - first.open) / seconds, generatorMicros: familyMicros(child.pid) / clients };
      }
      if (child.exitCode !== null) throw new Error(`${generator} ended with ${child.exitCode}: ${said.trim()}`);
      if (now - began > limitMillis) throw new Error(`${generator} had ${open} of ${clients} clients after a minute`);
      await sleep(lookEveryMillis);
    }
  } finally {
    // The program may be a script around the one that connects.
    for (const pid of descendants(child.pid)) tell(pid, 'SIGKILL');
    await broker.close();
  }
}
