import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { env } from 'node:process';
import { nowMicros } from '../../base/clock.js';
import { MqbenchError, machineError } from '../../base/errors.js';
import { onPath, type Spawn } from '../../base/process/child.js';
import { sleep } from '../../base/sleep.js';
import { commandWords } from '../../base/text/command-line.js';
import { formatDuration } from '../../base/units.js';
import { outputError } from '../../result/whole-file.js';
import type { CommandBroker } from '../../scenario/brokers/spec.js';
import type { TransportName } from '../../transport/contract.js';
import type { ServerCertificates } from '../../transport/tls/certs.js';
import { descendants, familyUse, tell, threadsOf } from '../usage/proc.js';
import { certificatesFor } from './certificates.js';
import type { CellBroker } from './contract.js';
import { isListening } from './listening.js';
import { BrokerLog } from './log.js';
import { choosePorts } from './ports.js';
import { type Filling, fill } from './template.js';

/** Where a cell has its broker. */
export interface Site {
  readonly transport: TransportName;
  /** What clients dial, and what the certificate is for. */
  readonly host: string;
  /** It has a network of its own, in which every port is free. */
  readonly inLab: boolean;
  readonly spawn: Spawn;
  /** Default: made for it. */
  readonly certificates?: ServerCertificates;
  readonly signal: AbortSignal;
}

const lookMillis = 20;
/** How long the last lines of a broker that has ended are waited for, ms. */
const lastWordsMillis = 500;
/** Who was told to end is killed after this. */
const patienceMicros = 5e6;

/**
 * Starts a broker of others and waits until its port answers.
 * @throws MQB_PORT_IN_USE, and MQB_BROKER_START when its program is not there, or with the last lines of its log when it ends
 *   or does not listen in time
 */
export async function commandBroker(broker: CommandBroker, site: Site): Promise<CellBroker> {
  const program = broker.program?.find((one) => onPath(one));
  const dir = await mkdtemp(join(tmpdir(), 'mqbench-broker-')).catch((error: unknown) => {
    throw outputError(`make a folder for ${broker.name} in ${tmpdir()}`, error, { option: 'the variable TMPDIR' });
  });
  try {
    const { filling, ca } = await furnish(broker, site, dir, program);
    const [command = '', ...args] = (commandWords(broker.command) ?? []).map((word) => fill(word, filling));
    checkProgram(broker, program, command);
    const running = new Running(broker, site.spawn(command, args, settings(broker, filling)), dir);
    await running.listens(filling.ports[site.transport] as number, site);
    const address = { host: site.host, port: filling.ports[site.transport] as number };
    return running.as({ addresses: { [site.transport]: address }, ca });
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

/** Its folder with certificate, configuration and files. */
async function furnish(
  broker: CommandBroker,
  { transport, host, inLab, certificates }: Site,
  dir: string,
  program = broker.program?.[0] ?? '',
): Promise<{ filling: Filling; ca: string }> {
  const { ca, cert, key } = certificates ?? (await certificatesFor(host));
  const paths = { dir, config: join(dir, 'broker.conf'), ca: join(dir, 'ca.pem') };
  const own = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem'), user: userInfo().username };
  const { ports, free } = await choosePorts(broker, inLab);
  const filling: Filling = { transport, host, ports, free, ...paths, ...own, program };
  const files = { ...broker.files, ...(broker.config === undefined ? {} : { 'broker.conf': broker.config }) };
  await writeFile(paths.ca, ca);
  await writeFile(own.cert, cert);
  await writeFile(own.key, key, { mode: 0o600 });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), fill(text, filling));
  }
  return { filling, ca };
}

function settings({ env: own = {} }: CommandBroker, filling: Filling) {
  const filled = Object.fromEntries(Object.entries(own).map(([name, text]) => [name, fill(text, filling)]));
  return {
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
    env: { ...env, ...filled },
    detached: true, // a signal to the whole group of the run is for the run alone
  };
}

/** @throws MQB_BROKER_START naming the program that there is not */
function checkProgram({ name, program, hint }: CommandBroker, found: string | undefined, command: string): void {
  const missing = program && found === undefined ? program[0] : onPath(command) ? undefined : command;
  if (missing === undefined) return;
  const remedy = hint ?? 'install it, or give its path in the command';
  throw machineError(
    'MQB_BROKER_START',
    `the broker ${name} cannot be started: there is no program ${missing}`,
    remedy,
  );
}

/** The processes of a broker of others. */
class Running {
  private readonly log: BrokerLog;
  /** Resolves when it has ended and everything that it printed has come. */
  private readonly silent: Promise<unknown>;
  private readonly failed: Promise<never>;
  private ended: string | undefined;
  private closing: Promise<void> | undefined;
  /** Its processes when they were last looked at. */
  private family: readonly number[] = [];

  constructor(
    private readonly broker: CommandBroker,
    private readonly child: ChildProcess,
    private readonly dir: string,
  ) {
    this.log = new BrokerLog(child);
    // Its last lines may still be on their way when it ends; a child of it that lives on keeps them open.
    this.silent = new Promise((resolve) => {
      child.once('close', resolve);
      for (const event of ['exit', 'error']) child.once(event, () => setTimeout(resolve, lastWordsMillis).unref());
    });
    this.failed = new Promise((_, reject) => {
      const end = async (how: string): Promise<void> => {
        this.ended ??= how;
        await this.silent;
        if (!this.closing) reject(this.error('MQB_ROLE_DIED', `ended unexpectedly (${this.ended})`));
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    });
    this.failed.catch(() => {}); // whoever waits for it sees it
  }

  /** Resolves when something listens on the port in its network. */
  async listens(port: number, { transport, signal }: Site): Promise<void> {
    const deadline = nowMicros() + this.broker.readyWithinMicros;
    while (this.ended === undefined && nowMicros() < deadline && !signal.aborted) {
      if (this.look().some((pid) => isListening(pid, transport, port))) return;
      await sleep(lookMillis, signal);
    }
    if (this.ended !== undefined) await this.silent;
    const how =
      this.ended === undefined
        ? `did not listen on port ${port} for ${transport} within ${formatDuration(this.broker.readyWithinMicros)}`
        : `ended before it listened on port ${port} (${this.ended})`;
    const error = this.error('MQB_BROKER_START', how);
    await this.close();
    signal.throwIfAborted();
    throw error;
  }

  as(ready: CellBroker['ready']): CellBroker {
    const { child, failed, broker } = this;
    return {
      ready,
      failed,
      watched: child.pid === undefined ? undefined : { name: `the broker ${broker.name}`, pid: child.pid },
      processorUse: async () => familyUse(this.look()),
      threads: () => threadsOf(this.family),
      stats: async () => undefined,
      peers: async () => [],
      log: () => this.log.text,
      close: () => this.close(),
    };
  }

  private look(): readonly number[] {
    if (this.child.pid !== undefined && this.ended === undefined) this.family = descendants(this.child.pid);
    return this.family;
  }

  private error(code: string, how: string): MqbenchError {
    const lines = this.log.lastLines(5);
    const said =
      lines.length > 0 ? `; the last lines of its log:\n    ${lines.join('\n    ')}` : '; it printed nothing';
    return new MqbenchError(code, `the broker ${this.broker.name} ${how}${said}`, {
      hint: `its command: ${this.broker.command}`,
    });
  }

  private close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  /** Asks all of its processes to end, and kills who has not after a while. */
  private async end(): Promise<void> {
    const { child } = this;
    const family = this.look();
    if (this.ended === undefined && child.pid !== undefined) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      for (const pid of family) tell(pid, 'SIGTERM');
      const killer = setTimeout(() => {
        for (const pid of [...family, ...descendants(child.pid as number)]) tell(pid, 'SIGKILL');
      }, patienceMicros / 1000);
      await gone;
      clearTimeout(killer);
    }
    // What it started may outlive it.
    for (const pid of family) tell(pid, 'SIGKILL');
    await rm(this.dir, { recursive: true, force: true });
  }
}
