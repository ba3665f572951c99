import { rm } from 'node:fs/promises';
import { nowMicros } from '../../base/clock.js';
import { MqbenchError, messageOf } from '../../base/errors.js';
import { sleep } from '../../base/sleep.js';
import { formatDuration } from '../../base/units.js';
import type { CommandBroker } from '../../scenario/brokers/spec.js';
import { descendants, familyUse, parentOf, tell, threadsOf } from '../usage/proc.js';
import type { Site } from './command.js';
import type { Container } from './container/start.js';
import type { CellBroker } from './contract.js';
import { isListening } from './listening.js';
import { BrokerLog } from './log.js';

const lookMillis = 20;
/** How long the last lines of a broker that has ended are waited for, ms. */
const lastWordsMillis = 500;
/** Who was told to end is killed after this. */
const patienceMicros = 5e6;

/** What a broker of others was started as. */
export interface Started extends Pick<Container, 'child' | 'locate'> {
  /** Of a container, whose runtime ends it. */
  readonly container?: Container;
}

/** The processes of a broker of others. */
export class Running {
  private readonly log: BrokerLog;
  /** Resolves when it has ended and everything that it printed has come. */
  private readonly silent: Promise<unknown>;
  private readonly failed: Promise<never>;
  private ended: string | undefined;
  private closing: Promise<void> | undefined;
  /** The first of its processes. */
  private first: number | undefined;
  /** Its processes when they were last looked at. */
  private family: readonly number[] = [];

  constructor(
    private readonly broker: CommandBroker,
    private readonly started: Started,
    private readonly dir: string,
  ) {
    const { child } = started;
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
  async listens(port: number, site: Site): Promise<void> {
    try {
      if (await this.comesToListen(port, site)) return;
    } catch (error) {
      await this.close();
      site.signal.throwIfAborted();
      throw this.error('MQB_BROKER_START', `cannot be used: ${messageOf(error)}`);
    }
    if (this.ended !== undefined) await this.silent;
    const how =
      this.ended === undefined
        ? `did not listen on port ${port} for ${site.transport} within ${formatDuration(this.broker.readyWithinMicros)}`
        : `ended before it listened on port ${port} (${this.ended})`;
    const error = this.error('MQB_BROKER_START', how);
    await this.close();
    site.signal.throwIfAborted();
    throw error;
  }

  private async comesToListen(port: number, { transport, inLab, signal }: Site): Promise<boolean> {
    const deadline = nowMicros() + this.broker.readyWithinMicros;
    while (this.ended === undefined && nowMicros() < deadline && !signal.aborted) {
      this.first ??= await this.started.locate();
      const family = this.look();
      // On this host the network of all is the same, and not every user may look at theirs.
      const places = family.length > 0 && !inLab ? (['self'] as const) : family;
      if (places.some((place) => isListening(place, transport, port))) return true;
      await sleep(lookMillis, signal);
    }
    return false;
  }

  as(ready: CellBroker['ready']): CellBroker {
    const { first, failed, broker, started } = this;
    return {
      ready,
      failed,
      watched: first === undefined ? undefined : { name: `the broker ${broker.name}`, pid: first },
      // Who keeps a container is no child of ours.
      apart: started.container && first !== undefined ? parentOf(first) : undefined,
      processorUse: async () => familyUse(this.look()),
      threads: () => threadsOf(this.family),
      stats: async () => undefined,
      peers: async () => [],
      log: () => this.log.text,
      close: () => this.close(),
    };
  }

  private look(): readonly number[] {
    if (this.first !== undefined && this.ended === undefined) this.family = descendants(this.first);
    return this.family;
  }

  private error(code: string, how: string): MqbenchError {
    const lines = this.log.lastLines(5);
    const said =
      lines.length > 0 ? `; the last lines of its log:\n    ${lines.join('\n    ')}` : '; it printed nothing';
    const { name, image, command } = this.broker;
    const its = image === undefined ? 'its command' : 'its image and what that is given';
    return new MqbenchError(code, `the broker ${name} ${how}${said}`, {
      hint: `${its}: ${[image, command].filter(Boolean).join(' ')}`,
    });
  }

  private close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    const { container } = this.started;
    if (container === undefined) await this.endProcesses();
    else await container.stop(patienceMicros);
    await (container ? container.remove(this.dir) : rm(this.dir, { recursive: true, force: true }));
  }

  /** Asks all of its processes to end, and kills who has not after a while. */
  private async endProcesses(): Promise<void> {
    const { child } = this.started;
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
  }
}
