import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type ServerCertificates, throwAwayCertificates } from '../../src/transport/tls/certs.js';
import { freePort } from '../helpers/free-port.js';

/** Where a program is: in PATH, or with the daemons in /usr/sbin. */
export function find(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

export const mosquittoPath = find('mosquitto');

/** Whether this mosquitto takes a configuration with WebSocket listeners; some builds have none. */
export const hasMosquitto = mosquittoPath !== undefined;

export type Port = 'tcp' | 'tls' | 'ws' | 'wss';

/** mosquitto with a listener for each transport that it knows, on free ports of loopback. */
export class Mosquitto {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly ports: Readonly<Record<Port, number>>,
    readonly certificates: ServerCertificates,
  ) {}

  /** @param more lines of its configuration */
  static async start(more = ''): Promise<Mosquitto> {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-mosquitto-'));
    const certificates = await throwAwayCertificates();
    const ports = { tcp: await freePort(), tls: await freePort(), ws: await freePort(), wss: await freePort() };
    const file = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    };
    const secured = `cafile ${file('ca.pem', certificates.ca)}
certfile ${file('cert.pem', certificates.cert)}
keyfile ${file('key.pem', certificates.key)}`;
    const config = file(
      'mosquitto.conf',
      `user ${execFileSync('id', ['-un']).toString().trim()}
allow_anonymous true
max_queued_messages 0
${more}listener ${ports.tcp} 127.0.0.1
listener ${ports.tls} 127.0.0.1
${secured}
listener ${ports.ws} 127.0.0.1
protocol websockets
listener ${ports.wss} 127.0.0.1
protocol websockets
${secured}
`,
    );
    const child = spawn(mosquittoPath as string, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr?.on('data', (text) => {
      said += text;
    });
    const mosquitto = new Mosquitto(child, folder, ports, certificates);
    for (const port of Object.values(ports)) {
      if (!(await answers(port, child))) {
        await mosquitto.end();
        throw new Error(`mosquitto did not start: ${said}`);
      }
    }
    return mosquitto;
  }

  async end(): Promise<void> {
    if (this.child.exitCode === null) {
      const gone = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGKILL');
      await gone;
    }
    rmSync(this.folder, { recursive: true });
  }
}

/** Whether something listens on the port before the time is over or the process is gone. */
export async function answers(port: number, child: ChildProcess, withinMs = 10_000): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline && child.exitCode === null) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
