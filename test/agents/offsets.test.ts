import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { boundAt, type ClockLine, offsetAt, tookBetween } from '../../src/agents/clock/line.js';
import { OffsetClock } from '../../src/agents/clock/offset-clock.js';
import { followOffset, measureOffset } from '../../src/agents/clock/watch.js';
import { nowMicros } from '../../src/base/clock.js';
import { sleep } from '../../src/base/sleep.js';
import { tellSkipped } from '../helpers/skipped.js';

// Processes whose CLOCK_MONOTONIC the kernel has set ahead or back: what is found is held against what was set.

const missing = tellSkipped('clock offsets between time namespaces', noTimeNamespaces());

function noTimeNamespaces(): string | undefined {
  try {
    execFileSync('unshare', ['--time', '--fork', '--monotonic', '137', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'unshare --time --monotonic does not work here (Linux 5.6, util-linux 2.36, CAP_SYS_ADMIN)';
  }
}

const second = 1e6;
const cells = 100;

/** An agent's clock, with one question at a time. */
class Peer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly server: Server,
    private readonly socket: Socket,
    private readonly lines: Interface,
    private readonly ppm: number,
    /** What its clock showed when it began to be too fast. */
    private readonly began: number,
    private readonly seconds: number,
  ) {}

  static async open(seconds: number, ppm: number): Promise<Peer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const path = new URL('clock-peer.mjs', import.meta.url).pathname;
    const words = ['--time', '--fork', '--kill-child', '--monotonic', String(seconds), process.execPath, path];
    const child = spawn('unshare', [...words, String(port), String(ppm)], { stdio: ['ignore', 'ignore', 'inherit'] });
    const socket = await new Promise<Socket>((resolve) => server.once('connection', resolve));
    socket.setNoDelay(true);
    const lines = createInterface({ input: socket });
    const { began } = JSON.parse(await next(lines)) as { began: number };
    return new Peer(child, server, socket, lines, ppm, began, seconds);
  }

  readonly ask = async (): Promise<{ received: number; answered: number }> => {
    const line = next(this.lines);
    this.socket.write('?\n');
    return JSON.parse(await line);
  };

  /** What its clock shows when that of this process shows so much: the truth. */
  shows(at: number): number {
    const honest = at + this.seconds * second;
    return honest + (honest - this.began) * this.ppm * 1e-6;
  }

  close(): void {
    this.socket.destroy();
    this.server.close();
    this.child.kill('SIGKILL');
  }
}

const next = (lines: Interface): Promise<string> => new Promise((resolve) => lines.once('line', resolve));

let open: Peer[] = [];
afterEach(() => {
  for (const peer of open) peer.close();
  open = [];
});

async function peers(...settings: readonly (readonly [seconds: number, ppm: number])[]): Promise<Peer[]> {
  open = await Promise.all(settings.map(([seconds, ppm]) => Peer.open(seconds, ppm)));
  return open;
}

async function measured(peer: Peer): Promise<ClockLine> {
  const clock = new OffsetClock();
  await measureOffset(clock, peer.ask);
  expect(clock.exchanges).toBe(32);
  expect(clock.unstable).toBeUndefined();
  return clock.line as ClockLine;
}

describe.skipIf(missing !== undefined)('between clocks that the kernel sets apart', () => {
  it(`the time from one agent to another is right within its bound in ${cells} of ${cells} cells`, async () => {
    const [first, second] = (await peers([137, 0], [-2, 0])) as [Peer, Peer];
    const wrong: number[] = [];
    for (let cell = 0; cell < cells; cell++) {
      const [from, to] = [await measured(first), await measured(second)];
      const now = nowMicros();
      const { micros, bound } = tookBetween(from, first.shows(now), to, second.shows(now + 700));
      wrong.push(Math.abs(micros - 700) / bound);
    }
    expect(wrong.filter((share) => share > 1)).toEqual([]);
    expect(wrong).toHaveLength(cells);
  });

  it('a bound is no wider than what a message of loopback takes', async () => {
    const [peer] = (await peers([137, 0])) as [Peer];
    const bounds = [];
    for (let cell = 0; cell < 10; cell++) bounds.push((await measured(peer)).bound);
    // The best of several: this machine may be busy.
    expect(Math.min(...bounds)).toBeLessThan(500);
  });

  it('a drift of 50 ppm is followed, and the bound holds all the while', async () => {
    const [peer] = (await peers([-2, 50])) as [Peer];
    const clock = new OffsetClock();
    await measureOffset(clock, peer.ask);
    const stop = new AbortController();
    const following = followOffset(clock, peer.ask, stop.signal);
    const wrong: number[] = [];
    for (let look = 0; look < 60; look++) {
      await sleep(100);
      const line = clock.line as ClockLine;
      const now = nowMicros();
      wrong.push(Math.abs(offsetAt(line, now) - (peer.shows(now) - now)) / boundAt(line, now));
    }
    stop.abort();
    await following;
    expect(wrong.filter((share) => share > 1)).toEqual([]);
    expect(clock.exchanges).toBeGreaterThan(32 + 15);
    const { drift, slack } = clock.line as ClockLine;
    expect(Math.abs(drift - 50e-6)).toBeLessThan(slack);
  });
});
