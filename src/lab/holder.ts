import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { env, getuid } from 'node:process';
import { MqbenchError, machineError } from '../base/errors.js';
import type { Place } from './contract.js';
import { toolPath } from './tools.js';

/**
 * Owner of the lab's namespaces. Everything of a lab lives in one PID namespace
 * whose first process is the holder:
 *
 * ```
 * this process ─ pdeathsig ─► unshare ─ kill-child ─► holder (PID 1 inside; reads a pipe from this process)
 *                                                      └ kernel kills every process inside when it ends,
 *                                                        and with the last one go namespaces, devices and rules
 * ```
 * So there is nothing to clean up, whoever is killed, and however.
 */
export class Holder {
  private readonly children = new Set<ChildProcess>();
  private ending = false;
  /** Resolves when the namespaces are gone. */
  readonly gone: Promise<void>;
  /** Rejects with MQB_LAB_DIED when they go without {@link close}. */
  readonly failed: Promise<never>;

  private constructor(
    private readonly process: ChildProcess,
    readonly rootless: boolean,
  ) {
    this.gone = new Promise((resolve) => process.once('close', () => resolve()));
    this.failed = new Promise((_, reject) => {
      process.once('exit', (code, signal) => {
        for (const child of this.children) child.kill('SIGKILL'); // dead already, by the kernel; their nsenter may not know yet
        if (this.ending) return;
        const how = signal ?? `exit code ${code}`;
        reject(new MqbenchError('MQB_LAB_DIED', `the lab's namespaces are gone: their holder ended (${how})`));
      });
    });
    this.failed.catch(() => {});
  }

  /** @throws MQB_LAB_RIGHTS when the kernel does not let this user make namespaces */
  static async open(): Promise<Holder> {
    const rootless = getuid?.() !== 0;
    const process = spawn('setpriv', holderArguments(rootless), {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: labEnvironment(),
      detached: true, // Ctrl-C goes to the whole foreground group; what it means for the lab is this process's decision
    });
    const holder = new Holder(process, rootless);
    await ready(process, rootless);
    return holder;
  }

  /** Process id of the holder as this process sees it. */
  get pid(): number {
    return this.process.pid!;
  }

  /** Path of the network namespace of a place, for who is outside. */
  networkOf(place: Place): string {
    return `/proc/${this.pid}/root/run/netns/${place}`;
  }

  /**
   * Runs a program inside. Killing the child kills the program; its input, output and IPC are the program's own.
   * @param place undefined: the namespace that the devices are made in
   */
  spawn(place: Place | undefined, command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const child = spawnInside({ holderPid: this.pid, rootless: this.rootless }, place, command, args, options);
    this.children.add(child);
    child.once('exit', () => this.children.delete(child));
    child.once('error', () => this.children.delete(child));
    return child;
  }

  /** Ends everything inside. Idempotent. */
  async close(): Promise<void> {
    this.ending = true;
    this.process.stdin?.end();
    this.process.kill('SIGKILL');
    await this.gone;
    await Promise.all([...this.children].map((child) => new Promise((resolve) => child.once('exit', resolve))));
  }
}

/**
 * Runs a program inside a lab that this process, or another one of the same user, holds. It dies with this process.
 * Entering the lab's file systems leads to their root: with `options.cwd` the program starts there, where that folder is
 * (/run is the lab's own), and without it in the root.
 */
export function spawnInside(
  { holderPid, rootless }: { readonly holderPid: number; readonly rootless: boolean },
  place: Place | undefined,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess {
  const of = `/proc/${holderPid}`;
  const net = place === undefined ? `${of}/ns/net` : `${of}/root/run/netns/${place}`;
  // An ordinary user is root inside by the map of the namespace, and may not set groups.
  const user = rootless ? [`--user=${of}/ns/user`, '--preserve-credentials'] : [];
  const spaces = [...user, `--mount=${of}/ns/mnt`, `--pid=${of}/ns/pid_for_children`, `--net=${net}`];
  // nsenter forks to get into the PID namespace: the first setpriv ties nsenter to us, the second the program to nsenter.
  const enter = [...die, 'nsenter', ...spaces, '--', 'setpriv', ...die];
  // Out of reach of the terminal's Ctrl-C, like the holder; a program that talks to the terminal asks for detached: false.
  const { cwd, ...rest } = options;
  const start = cwd === undefined ? [] : ['sh', '-c', 'cd -- "$0" 2>/dev/null; exec "$@"', String(cwd)];
  return spawn('setpriv', [...enter, ...start, command, ...args], {
    detached: true,
    ...rest,
    env: labEnvironment(options.env),
  });
}

const die = ['--pdeathsig', 'KILL', '--'];

function labEnvironment(base: NodeJS.ProcessEnv = env): NodeJS.ProcessEnv {
  return { ...base, PATH: toolPath(base.PATH), MQBENCH_PREFIX: '', LC_ALL: 'C' };
}

function holderArguments(rootless: boolean): string[] {
  const user = rootless ? ['--user', '--map-root-user'] : [];
  const script = [
    'mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/netns || exit 1',
    'echo ready',
    // Ends when the pipe does, which is when the owner is gone, however it went. A program and not the shell's own
    // `read`, because a shell that waits for a program reaps the orphans that come to PID 1, too.
    'cat > /dev/null',
    'exit 0',
  ].join('\n');
  const spaces = [...user, '--net', '--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc'];
  return [...die, 'unshare', ...spaces, '--', 'sh', '-c', script];
}

function ready(process: ChildProcess, rootless: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    process.stdout?.once('data', () => resolve());
    const fail = (how: string): void => reject(rightsError(rootless, said.trim() || how));
    process.once('error', (error) => fail(error.message));
    process.once('close', (code, signal) => fail(`it ended with ${signal ?? code}`));
  });
}

function rightsError(rootless: boolean, said: string): MqbenchError {
  const hint = rootless
    ? 'run as root (sudo), or allow user namespaces: sudo sysctl -w kernel.unprivileged_userns_clone=1 ' +
      'kernel.apparmor_restrict_unprivileged_userns=0 user.max_user_namespaces=10000 (those that exist)'
    : 'in a container, start it with --privileged, or with --cap-add SYS_ADMIN --cap-add NET_ADMIN ' +
      '--security-opt seccomp=unconfined --security-opt apparmor=unconfined --device /dev/net/tun';
  return machineError('MQB_LAB_RIGHTS', `could not make the lab's namespaces: ${said}`, hint);
}
