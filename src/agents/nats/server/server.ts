import type { ChildProcess } from 'node:child_process';
import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MqbenchError, machineError, messageOf } from '../../../base/errors.js';
import { exitCodes } from '../../../base/exit-codes.js';
import { spawnHere } from '../../../base/process/child.js';
import { configurationOf, type Listening } from './configuration.js';
import type { Credentials } from './credentials.js';
import type { Keyring } from './keyring.js';
import { findNatsServer } from './program.js';

const readyMillis = 10_000;
/** Who was told to end is killed after this. */
const patienceMillis = 3_000;
/** The last characters that it printed are kept: why it ended is among them. */
const mostCharacters = 16 * 1024;

export interface NatsServerOptions extends Partial<Listening> {
  readonly keyring: Keyring;
  /** What agents are told to dial, where that is not the host that it listens on. */
  readonly dialled?: string | undefined;
}

/** A NATS server that this process started, and that ends with it. */
export interface NatsServer {
  /** What to join, e.g. `tls://127.0.0.1:4222`. */
  readonly url: string;
  readonly port: number;
  readonly version: string;
  readonly pid: number;
  /** With the server's address in them. */
  readonly coordinator: Credentials;
  readonly agents: readonly Credentials[];
  /** Rejects with MQB_AGENT_SERVER when it ends without having been told to; never resolves. */
  readonly failed: Promise<never>;
  /** Ends it. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts nats-server with a configuration of its own, on loopback unless a host is given, and waits until it listens. Nothing is
 * left of it however this process ends: the kernel ends it with us, and its files have no names any more when it runs.
 * @throws MQB_NATS_START when there is no nats-server or it does not start, MQB_PORT_IN_USE
 */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const { keyring, host = '127.0.0.1', port = 4222, dialled = host } = options;
  const { path, version } = await findNatsServer();
  const running = await start(path, keyring, { host, port });
  const listens = await running.listens(host, port);
  const shown = isIPv6(dialled) ? `[${dialled}]` : dialled;
  const url = `${keyring.certificates ? 'tls' : 'nats'}://${shown}:${listens}`;
  return {
    url,
    version,
    port: listens,
    pid: running.child.pid as number,
    coordinator: { ...keyring.coordinator, server: url },
    agents: keyring.agents.map((one) => ({ ...one, server: url })),
    failed: running.failed,
    close: () => running.close(),
  };
}

/** The server reads its files by the descriptors that it is born with: they are removed before it is. */
async function start(path: string, keyring: Keyring, listening: Listening): Promise<Running> {
  const { certificates } = keyring;
  const configuration = configurationOf(keyring, listening, { cert: '/dev/fd/4', key: '/dev/fd/5' });
  const plain = configurationOf(keyring, listening);
  const texts = certificates === undefined ? [plain] : [configuration, certificates.cert, certificates.key];
  const files = await withoutNames(texts);
  try {
    const child = spawnHere(path, ['-c', '/dev/fd/3'], {
      stdio: ['ignore', 'ignore', 'pipe', ...files.map(({ fd }) => fd)],
      detached: true, // a signal to the whole group of the run is for the run alone
    });
    return new Running(child); // at once: one that cannot listen is gone before the files are closed, on a busy machine
  } finally {
    for (const file of files) await file.close();
  }
}

/** Open files with these texts, which nobody can find. */
async function withoutNames(texts: readonly string[]): Promise<FileHandle[]> {
  const files: FileHandle[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'mqbench-nats-')).catch((error: unknown) => {
    throw machineError(
      'MQB_NATS_START',
      `cannot make a folder in ${tmpdir()}: ${messageOf(error)}`,
      'choose another place with the variable TMPDIR',
    );
  });
  try {
    for (const [index, text] of texts.entries()) {
      const name = join(folder, String(index));
      await writeFile(name, text, { mode: 0o600 });
      files.push(await open(name, 'r'));
    }
    return files;
  } catch (error) {
    for (const file of files) await file.close();
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Its process. */
class Running {
  private said = '';
  private ended: string | undefined;
  private closing: Promise<void> | undefined;
  private readonly gone: Promise<string>;
  readonly failed: Promise<never>;

  constructor(readonly child: ChildProcess) {
    this.gone = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    this.failed = new Promise((_, reject) => {
      void this.gone.then((how) => {
        this.ended = how;
        const tail = this.tail();
        if (!this.closing)
          reject(new MqbenchError('MQB_AGENT_SERVER', `nats-server ended unexpectedly (${how})${tail}`));
      });
    });
    this.failed.catch(() => {}); // whoever waits for it sees it
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.said = (this.said + text).slice(-mostCharacters);
    });
  }

  /** The port, as soon as it listens. */
  async listens(host: string, port: number): Promise<number> {
    const found = await this.firstWords();
    if (found !== undefined) return found;
    const ended = this.ended;
    await this.close();
    const where = `${host}:${port === 0 ? 'any port' : port}`;
    if (/address already in use/.test(this.said))
      throw new MqbenchError('MQB_PORT_IN_USE', `nats-server cannot listen on ${where}: the port is taken`, {
        exitCode: exitCodes.machine,
        hint: 'end what listens there, or choose another port',
      });
    const how = ended === undefined ? `did not listen within ${readyMillis / 1000} s` : `ended (${ended})`;
    throw machineError(
      'MQB_NATS_START',
      `nats-server, which was to listen on ${where}, ${how}${this.tail()}`,
      'give an address of this machine, and look at what it says',
    );
  }

  private firstWords(): Promise<number | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), readyMillis);
      const look = (): void => {
        const [, port] = /Listening for client connections on \S*:(\d+)/.exec(this.said) ?? [];
        // It says so before it is: "ready" comes when the listener stands.
        if (port === undefined || !/Server is ready/.test(this.said)) return;
        clearTimeout(timer);
        resolve(Number(port));
      };
      this.child.stderr?.on('data', look);
      look(); // it may have said all there is to say
      void this.gone.then(() => {
        clearTimeout(timer);
        resolve(undefined);
      });
    });
  }

  private tail(): string {
    const lines = this.said.trim().split('\n').slice(-5).filter(Boolean);
    return lines.length > 0 ? `; the last lines of its log:\n    ${lines.join('\n    ')}` : '; it printed nothing';
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    if (this.ended !== undefined) return;
    const killer = setTimeout(() => this.child.kill('SIGKILL'), patienceMillis);
    this.child.kill('SIGTERM');
    await this.gone;
    clearTimeout(killer);
  }
}
