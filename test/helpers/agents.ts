import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { onPath } from '../../src/base/process/child.js';
import type { Cell, Result } from '../../src/result/types.js';
import { descendants } from '../../src/run/usage/proc.js';
import { type RunningCli, startCli } from './cli.js';
import { freePort } from './free-port.js';
import { tellSkipped } from './skipped.js';

/** Debian has it where only root looks. */
export const natsServer = onPath('nats-server') ?? ['/usr/sbin/nats-server'].find((path) => existsSync(path));
export const noNats = tellSkipped(
  'tests of agents',
  natsServer === undefined ? 'there is no nats-server: apt-get install nats-server' : undefined,
);

export interface Nats {
  readonly url: string;
  readonly child: ChildProcess;
  close(): Promise<void>;
}

/** A NATS server on loopback, without keys. */
export async function startNats(host = '127.0.0.1'): Promise<Nats> {
  const port = await freePort();
  const child = spawn(natsServer as string, ['-a', host, '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => text.includes('Server is ready') && resolve());
    child.on('exit', () => reject(new Error('nats-server ended')));
  });
  const gone = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  return {
    url: `nats://${host}:${port}`,
    child,
    close: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Agents in processes of their own, which wait for a load. */
export async function startAgents(
  { url }: Pick<Nats, 'url'>,
  names: readonly string[],
  more: readonly string[] = [],
): Promise<RunningCli[]> {
  const agents = names.map((name) =>
    startCli(['agent', '--join', url, '--name', name, '--workers', '1', ...more], { timeoutMs: 240_000 }),
  );
  await Promise.all(agents.map((agent) => agent.sees('and waits')));
  return agents;
}

export async function endAgents(agents: readonly RunningCli[]): Promise<void> {
  for (const { child } of agents) child.kill('SIGTERM');
  await Promise.all(agents.map(({ ended }) => ended));
}

/** The one cell of a result in JSON. */
export function cellIn(folder: string, file = 'r.json'): Cell {
  return (JSON.parse(readFileSync(join(folder, file), 'utf8')) as Result).cells[0] as Cell;
}

/** A way to a NATS server that can be cut for a while: what is sent meanwhile waits, as where packets get lost. */
export async function startCut({
  url,
}: Pick<Nats, 'url'>): Promise<{ url: string; cut(cut: boolean): void; close(): void }> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    const far = connect(Number(new URL(url).port), '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    near.pipe(far).pipe(near);
    for (const socket of pair)
      socket
        .on('error', () => {})
        .on('close', () => {
          for (const one of pair) one.destroy();
        });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: (cut) => {
      for (const [near, far] of pairs) {
        if (cut) {
          near.unpipe(far);
          far.unpipe(near);
          near.pause();
          far.pause();
        } else near.pipe(far).pipe(near);
      }
    },
    close: () => {
      server.close();
      for (const pair of pairs) for (const socket of pair) socket.destroy();
    },
  };
}

/** Processes of load workers that are there, anywhere below these. */
export function workersBelow(...pids: readonly (number | undefined)[]): number[] {
  return pids.flatMap((pid) => (pid === undefined ? [] : descendants(pid))).filter(isWorker);
}

export const isWorker = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker/entry.js');
  } catch {
    return false; // it has ended
  }
};
