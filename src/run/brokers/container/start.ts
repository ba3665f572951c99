import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { getuid, pid as ownPid } from 'node:process';
import { nowMicros } from '../../../base/clock.js';
import { run } from '../../../base/process/child.js';
import type { Image } from './image.js';
import { ownerLabel } from './orphans.js';

/** What a container is to run. */
export interface ContainerSpec {
  readonly image: Image;
  /** A folder that it sees under the same path. */
  readonly dir: string;
  /** Path of the network namespace that it is to be in; undefined: that of this host. */
  readonly network: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Instead of the entry point of the image. */
  readonly entrypoint: string | undefined;
  /** What its entry point is given; none: what the image says. */
  readonly args: readonly string[];
}

export interface Container {
  /** Its output, and its end, are those of the container. */
  readonly child: ChildProcess;
  /**
   * Its first process as this host counts, when there is one; undefined: not yet.
   * @throws when the container's processes cannot be seen from here
   */
  locate(): Promise<number | undefined>;
  /** Asks it to end, and kills it after a while. Resolves when it is gone. */
  stop(patienceMicros: number): Promise<void>;
  /** Removes a folder in which it may have written as another user. */
  remove(dir: string): Promise<void>;
}

/**
 * Runs in the foreground, and watches over the container: when its input ends, which is when who started it is gone, however it
 * went, the container is removed. The runtime may be about to make it just then, hence the loop.
 */
const script = `runtime=$0 name=$1
shift
exec 3<&0
"$runtime" run --name "$name" "$@" < /dev/null &
running=$!
{
  cat <&3
  while kill -0 $running; do
    "$runtime" rm -f "$name"
    sleep 0.2
  done
} > /dev/null 2>&1 &
exec 3<&-
wait $running`;

/** Starts one; whether that works is told by its output and its end. */
export function startContainer({ image, dir, network, env, entrypoint, args }: ContainerSpec): Container {
  const { name: runtime } = image.runtime;
  const name = `mqbench-${ownPid}-${randomBytes(4).toString('hex')}`;
  const words = [
    ...['--rm', '--pull', 'never', '--log-driver', 'none', '--label', ownerLabel()],
    ...['--network', network === undefined ? 'host' : `ns:${network}`],
    ...['--volume', `${dir}:${dir}`, '--security-opt', 'label=disable'],
    ...limits(runtime),
    ...Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
  ];
  const child = spawn('sh', ['-c', script, runtime, name, ...words, image.id, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true, // a signal to the whole group of the run is for the run alone
  });
  child.stdin?.on('error', () => {}); // it ended: its exit tells
  return {
    child,
    locate: locator(runtime, name, dir),
    stop: async (patienceMicros) => {
      const gone = new Promise((resolve) => child.once('close', resolve));
      if (child.exitCode !== null || child.signalCode !== null) return;
      await run(runtime, ['stop', '-t', String(Math.ceil(patienceMicros / 1e6)), name]).catch(() => {});
      child.stdin?.end(); // removes it where that did not help
      await gone;
    },
    remove: async (folder) => {
      const isMapped = runtime === 'podman' && getuid?.() !== 0;
      if (isMapped) await run(runtime, ['unshare', 'rm', '-rf', folder]);
      else await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * As many open files as a program that is started here may have: runtimes have limits of their own, and podman fails where it may
 * not raise them. podman itself lives with as many processes as there may be process ids.
 */
function limits(runtime: string): string[] {
  const text = readFileSync('/proc/self/limits', 'utf8');
  const hard = (what: string): number => {
    const most = new RegExp(`^${what}\\s+\\S+\\s+(\\S+)`, 'm').exec(text)?.[1] ?? 'unlimited';
    return most === 'unlimited' ? 1_048_576 : Number(most);
  };
  const files = hard('Max open files');
  const processes = Math.min(hard('Max processes'), Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8')));
  return [
    ...['--ulimit', `nofile=${files}:${files}`],
    ...(runtime === 'podman' ? ['--ulimit', `nproc=${processes}:${processes}`] : []),
  ];
}

/** Finds the first process of a container, which is in its own mounts a moment after it is there. */
function locator(runtime: string, name: string, dir: string): Container['locate'] {
  let firstSeen: number | undefined;
  return async () => {
    const said = await run(runtime, ['inspect', '--format', '{{.Id}} {{.State.Pid}}', name]).catch(() => '');
    const [id = '', text = '0'] = said.trim().split(' ');
    const pid = Number(text);
    if (!(pid > 0)) return undefined;
    if (isOf(pid, id, dir)) return pid;
    firstSeen ??= nowMicros();
    if (nowMicros() - firstSeen < longestHiddenMicros) return undefined;
    throw new Error(`${runtime} runs it where its processes cannot be seen from here: what they cost cannot be known`);
  };
}

const longestHiddenMicros = 3e6;

/** A runtime may be on another machine, or count the processes of another PID namespace. */
function isOf(pid: number, id: string, dir: string): boolean {
  return text(`/proc/${pid}/cgroup`).includes(id) || text(`/proc/${pid}/mountinfo`).includes(` ${dir} `);
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // gone, or not ours to read
  }
}
