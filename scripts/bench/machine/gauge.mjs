// How fast this machine is right now, by three things that every measurement here is made of and that no build changes: memory that no
// cache holds, a datagram through the kernel, and a switch from one process to another. In a process of its own, on one processor:
//   gauge.mjs    prints the figures as JSON; takes about 2 s
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process, { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';

const rounds = 7;
/** Processor time of this process, nanoseconds: what others take of the processor meanwhile is told apart, as load and as steal. */
const processorTime = () => process.cpuUsage().user * 1e3 + process.cpuUsage().system * 1e3;
const wallTime = () => performance.now() * 1e6;

/** Nanoseconds per call by that clock, of each round, in ascending order. */
function nanoseconds(clock, calls, body) {
  const round = () => {
    const began = clock();
    body(calls);
    return (clock() - began) / calls;
  };
  return Array.from({ length: rounds }, round).sort((a, b) => a - b);
}

const median = (ascending) => ascending[Math.floor(ascending.length / 2)];

/** Nanoseconds per step through 128 MiB in random order, one cache line a step: each address is known only when the last has come. */
function memoryNanoseconds() {
  const line = 16; // Int32 of 64 B
  const lines = 2 ** 21;
  const next = new Int32Array(lines * line);
  const order = Int32Array.from({ length: lines }, (_, i) => i);
  let state = 1;
  // Sattolo's shuffle: one cycle through all lines.
  for (let i = lines - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  for (let i = 0; i < lines; i++) next[order[i] * line] = order[(i + 1) % lines] * line;
  let at = 0;
  const walk = (steps) => {
    for (let i = 0; i < steps; i++) at = next[at];
  };
  walk(100_000);
  const found = median(nanoseconds(processorTime, 500_000, walk));
  return at < 0 ? Number.NaN : found; // `at` is used, so the loop is not left out
}

/** Microseconds for one datagram of 64 B to this process itself over loopback: one send(2), one recv(2). */
function datagramMicroseconds() {
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int, int, int)');
  const bind = libc.func('int bind(int, void *, uint32_t)');
  const connect = libc.func('int connect(int, void *, uint32_t)');
  const nameOf = libc.func('int getsockname(int, _Inout_ uint8_t *, _Inout_ uint32_t *)');
  const send = libc.func('long send(int, void *, size_t, int)');
  const receive = libc.func('long recv(int, void *, size_t, int)');
  const fd = socket(2, 2, 0); // AF_INET, SOCK_DGRAM
  const address = Buffer.from([2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  if (fd < 0 || bind(fd, address, 16) < 0 || nameOf(fd, address, [16]) < 0 || connect(fd, address, 16) < 0) {
    throw new Error(`no UDP socket on loopback: errno ${koffi.errno()}`);
  }
  const [out, into] = [Buffer.alloc(64, 1), Buffer.alloc(64)];
  const exchange = (times) => {
    for (let i = 0; i < times; i++) {
      send(fd, out, 64, 0);
      receive(fd, into, 64, 0);
    }
  };
  exchange(2_000);
  const found = median(nanoseconds(processorTime, 20_000, exchange)) / 1000;
  closeSync(fd);
  return found;
}

/** Microseconds for one switch between two processes: half of a byte's way to another one and back, through two pipes. */
function switchMicroseconds() {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-gauge-'));
  const [there, back] = ['there', 'back'].map((name) => join(folder, name));
  execFileSync('mkfifo', [there, back]);
  const partner = fileURLToPath(new URL('./partner.mjs', import.meta.url));
  const child = spawn(execPath, [partner, there, back], { stdio: 'inherit' });
  try {
    const to = openSync(there, 'w');
    const from = openSync(back, 'r');
    const byte = Buffer.alloc(1);
    const exchange = (times) => {
      for (let i = 0; i < times; i++) {
        writeSync(to, byte);
        readSync(from, byte);
      }
    };
    exchange(500);
    // Half of the work is the other process's, so only the clock on the wall counts all of it: the least disturbed round.
    const found = nanoseconds(wallTime, 2_000, exchange)[0] / 2000;
    closeSync(to); // ends the partner
    closeSync(from);
    return found;
  } finally {
    child.unref();
    rmSync(folder, { recursive: true });
  }
}

const gauge = {
  memoryNanoseconds: memoryNanoseconds(),
  datagramMicroseconds: datagramMicroseconds(),
  switchMicroseconds: switchMicroseconds(),
};
process.stdout.write(`${JSON.stringify(gauge)}\n`);
