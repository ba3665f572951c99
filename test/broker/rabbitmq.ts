import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerCertificates, throwAwayCertificates } from '../../src/transport/tls/certs.js';
import { freePort } from '../helpers/free-port.js';
import { answers, find, type Port } from './mosquitto.js';

// The wrapper in /usr/sbin changes to the user rabbitmq and its folders; the script below does as it is told.
const script = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const epmd = find('epmd');

export const hasRabbitmq = existsSync(script) && epmd !== undefined;

/** A RabbitMQ of its own with the MQTT plugins, in a temporary folder, on free ports of loopback. */
export class Rabbitmq {
  private constructor(
    private readonly children: readonly ChildProcess[],
    private readonly folder: string,
    readonly ports: Readonly<Record<Port, number>>,
    readonly certificates: ServerCertificates,
  ) {}

  /** Takes about ten seconds. */
  static async start(): Promise<Rabbitmq> {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-rabbitmq-'));
    const certificates = await throwAwayCertificates();
    const ports = { tcp: await freePort(), tls: await freePort(), ws: await freePort(), wss: await freePort() };
    for (const name of ['ca', 'cert', 'key'] as const) writeFileSync(join(folder, `${name}.pem`), certificates[name]);
    writeFileSync(join(folder, 'enabled_plugins'), '[rabbitmq_mqtt,rabbitmq_web_mqtt].\n');
    writeFileSync(join(folder, 'rabbitmq.conf'), configuration(folder, ports));
    mkdirSync(join(folder, 'mnesia'));
    const epmdPort = String(await freePort());
    // Our own port mapper, because one started by Erlang would stay behind as a daemon.
    const mapper = spawn(epmd as string, ['-port', epmdPort, '-address', '127.0.0.1'], { stdio: 'ignore' });
    const server = spawn(script, [], {
      detached: true, // a process group of its own: Erlang starts helpers
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        HOME: folder,
        ERL_EPMD_PORT: epmdPort,
        RABBITMQ_NODENAME: `mqbench${epmdPort}@localhost`,
        RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
        RABBITMQ_LOG_BASE: join(folder, 'log'),
        RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
        RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
        RABBITMQ_DIST_PORT: String(await freePort()),
        RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      },
    });
    let said = '';
    for (const stream of [server.stdout, server.stderr])
      stream?.on('data', (text) => (said = (said + text).slice(-3000)));
    const rabbitmq = new Rabbitmq([server, mapper], folder, ports, certificates);
    for (const port of Object.values(ports)) {
      if (await answers(port, server, 90_000)) continue;
      await rabbitmq.end();
      throw new Error(`RabbitMQ did not start: ${said}`);
    }
    return rabbitmq;
  }

  async end(): Promise<void> {
    const [server, mapper] = this.children as [ChildProcess, ChildProcess];
    await kill(server, -(server.pid as number));
    await kill(mapper, mapper.pid as number);
    rmSync(this.folder, { recursive: true });
  }
}

async function kill(child: ChildProcess, pid: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  process.kill(pid, 'SIGKILL');
  await gone;
}

function configuration(folder: string, ports: Readonly<Record<Port, number>>): string {
  const secured = (prefix: string): string =>
    (['cacertfile = ca', 'certfile = cert', 'keyfile = key'] as const)
      .map((line) => line.split(' = ') as [string, string])
      .map(([option, file]) => `${prefix}.${option} = ${join(folder, `${file}.pem`)}`)
      .join('\n');
  return `listeners.tcp = none
mqtt.allow_anonymous = true
mqtt.listeners.tcp.1 = 127.0.0.1:${ports.tcp}
mqtt.listeners.ssl.1 = 127.0.0.1:${ports.tls}
${secured('ssl_options')}
ssl_options.verify = verify_none
web_mqtt.tcp.ip = 127.0.0.1
web_mqtt.tcp.port = ${ports.ws}
web_mqtt.ssl.ip = 127.0.0.1
web_mqtt.ssl.port = ${ports.wss}
${secured('web_mqtt.ssl')}
web_mqtt.ws_path = /mqtt
log.console = true
log.console.level = error
log.file = false
`;
}
