import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { natsServer } from './agents.js';

// Machines of a test: a namespace of networks each, joined by cables of their own, with clocks that stand apart. Nothing of the
// host's network is touched, and the kernel takes all of it away when their processes end.

/** Where whatever all machines talk to is. */
export const hubAddress = '10.77.0.1';

const main = new URL('../../dist/main.js', import.meta.url).pathname;

export interface Machine {
  readonly pid: number;
  /** Everything it has printed. */
  said(): string;
  sees(text: string): Promise<void>;
  readonly child: ChildProcess;
}

/** Why there can be none here. */
export function machinesMissing(): string | undefined {
  try {
    execFileSync('unshare', ['--net', '--time', '--fork', '--monotonic', '137', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'unshare --net --time --monotonic does not work here (Linux 5.6, util-linux 2.36, root)';
  }
}

/** A machine that waits for its cable, and then runs mqbench with these words. @param seconds its clock is ahead of the hub's */
async function start(args: readonly string[], seconds?: number): Promise<Machine & { begin(): void }> {
  const time = seconds === undefined ? [] : ['--time', '--monotonic', String(seconds)];
  const script = `echo "pid $$"; read _; ip link set lo up; exec "$@"`;
  const words = ['--net', ...time, '--fork', '--kill-child', 'sh', '-c', script, 'sh', ...args];
  const child = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (said += text));
  const sees = async (text: string): Promise<void> => {
    for (let tries = 0; !said.includes(text); tries++) {
      if (child.exitCode !== null || tries > 1200) throw new Error(`it never said ${text}:\n${said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await sees('pid ');
  const pid = Number(/pid (\d+)/.exec(said)?.[1]);
  return { pid, child, said: () => said, sees, begin: () => child.stdin?.write('\n') };
}

const inside = (pid: number, ...command: readonly string[]): string =>
  execFileSync('nsenter', ['-t', String(pid), '-n', ...command], { encoding: 'utf8', stdio: 'pipe' });

/** A hub with a NATS server and a broker, and an agent on a machine of its own for each clock. */
export class Machines {
  readonly agents: Machine[] = [];
  private readonly children: ChildProcess[] = [];

  private constructor(private readonly hub: Machine) {}

  static async open(clocks: Readonly<Record<string, number>>): Promise<Machines> {
    const hub = await start(['sleep', '600']);
    hub.begin();
    const machines = new Machines(hub);
    try {
      inside(hub.pid, 'ip', 'addr', 'add', `${hubAddress}/32`, 'dev', 'lo');
      machines.run(natsServer as string, '-a', hubAddress, '-p', '4222');
      machines.run(
        process.execPath,
        main,
        'broker',
        '--host',
        hubAddress,
        '--tcp',
        '1883',
        '--ws',
        'off',
        '--tls',
        'off',
        '--wss',
        'off',
        '--quic',
        'off',
      );
      await machines.listens(4222);
      await machines.listens(1883);
      for (const [name, seconds] of Object.entries(clocks)) await machines.add(name, seconds);
      return machines;
    } catch (error) {
      machines.close();
      throw error;
    }
  }

  private async add(name: string, seconds: number): Promise<void> {
    const words = ['agent', '--join', `nats://${hubAddress}:4222`, '--name', name, '--workers', '1', '--lab'];
    const machine = await start([process.execPath, main, ...words], seconds);
    this.agents.push(machine);
    const number = this.agents.length;
    const { pid } = this.hub;
    inside(
      pid,
      'ip',
      'link',
      'add',
      `a${number}`,
      'type',
      'veth',
      'peer',
      'name',
      'cable',
      'netns',
      String(machine.pid),
    );
    inside(pid, 'ip', 'addr', 'add', `10.77.${number}.1/30`, 'dev', `a${number}`);
    inside(pid, 'ip', 'link', 'set', `a${number}`, 'up');
    inside(machine.pid, 'ip', 'addr', 'add', `10.77.${number}.2/30`, 'dev', 'cable');
    inside(machine.pid, 'ip', 'link', 'set', 'cable', 'up');
    inside(machine.pid, 'ip', 'route', 'add', 'default', 'via', `10.77.${number}.1`);
    machine.begin();
    await machine.sees('and waits');
  }

  private async listens(port: number): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (inside(this.hub.pid, 'ss', '-Hltn', `sport = :${port}`).trim() !== '') return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`nobody listens on ${port}`);
  }

  /** Starts something at the hub. */
  run(...command: readonly string[]): ChildProcess {
    const words = ['-t', String(this.hub.pid), '-n', 'setpriv', '--pdeathsig', 'KILL', '--', ...command];
    const child = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.children.push(child);
    return child;
  }

  /** Runs mqbench at the hub to its end. */
  async mqbench(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
    const child = this.run(process.execPath, main, ...args);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (output += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  /** Takes the cable of an agent out, or puts it in again. */
  cable(agent: number, isIn: boolean): void {
    inside(this.hub.pid, 'ip', 'link', 'set', `a${agent + 1}`, isIn ? 'up' : 'down');
  }

  close(): void {
    for (const child of [...this.children, ...this.agents.map((one) => one.child), this.hub.child])
      child.kill('SIGKILL');
  }
}
