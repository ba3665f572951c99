import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import type { Spawn } from '../../base/process/child.js';
import type { ProcessorUse } from '../../metrics/resources.js';
import { outputError } from '../../result/whole-file.js';
import type { TlsVersion } from '../../transport/contract.js';
import { certificatesFor } from '../brokers/certificates.js';
import { cpuOf, descendants, processState, tell } from '../usage/proc.js';
import type { Watched } from '../watch.js';

export interface NginxOptions {
  /** Where it listens, and where the broker's TCP listener is; both as seen from the server's side. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly broker: { readonly host: string; readonly port: number };
  readonly tlsVersion: TlsVersion;
  /** Set on the routes of its network namespace, as nginx cannot choose one; undefined keeps the kernel's default. */
  readonly congestionControl?: string;
  readonly spawn: Spawn;
}

/** Debian's and Fedora's places of the binary and of the stream module, which is a package of its own. */
const binaries = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'];
const streamModules = ['/usr/lib/nginx/modules/ngx_stream_module.so', '/usr/lib64/nginx/modules/ngx_stream_module.so'];

/**
 * The configuration of a TLS terminator: TLS in, TCP out to the broker, nothing
 * else. Tickets are on, as they are at our broker; buffers are nginx's defaults.
 */
export function nginxConfiguration(
  options: Pick<NginxOptions, 'listen' | 'broker' | 'tlsVersion'>,
  folder: string,
  module: string,
): string {
  const { listen, broker, tlsVersion } = options;
  return `load_module ${module};
daemon off;
user root;
worker_processes 1;
worker_rlimit_nofile 65536;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 30000; }
stream {
  access_log off;
  server {
    listen ${listen.host}:${listen.port} ssl backlog=8192 reuseport;
    ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/key.pem;
    ssl_protocols TLSv${tlsVersion};
    ssl_session_tickets on;
    proxy_pass ${broker.host}:${broker.port};
    proxy_timeout 1h;
    tcp_nodelay on;
  }
}
`;
}

/**
 * By route (ip-route(8), congctl): the default of a network namespace may only be one of
 * tcp_allowed_congestion_control, which not even root can change from inside.
 * @throws MQB_CONGESTION_CONTROL when the kernel does not have it
 */
async function setRoutesCongestionControl(spawn: Spawn, name: string): Promise<void> {
  const script = 'ip route show | while read -r route; do ip route change $route congctl "$1" || exit 1; done';
  const child = spawn('sh', ['-c', script, 'sh', name], { stdio: 'ignore' });
  const code = await new Promise((resolve) => {
    child.on('exit', resolve);
    child.on('error', resolve);
  });
  if (code === 0) return;
  throw new MqbenchError('MQB_CONGESTION_CONTROL', `nginx cannot use congestion control ${name} on this kernel`, {
    hint: `modprobe tcp_${name}`,
    exitCode: exitCodes.machine,
  });
}

/** nginx in front of the broker, in the broker's place of the lab. It dies with the lab, or with {@link Nginx.close}. */
export class Nginx {
  /** Rejects with MQB_ROLE_DIED when its master process ends without {@link close}; never resolves. */
  readonly failed: Promise<never>;
  private closing = false;
  /** Master and worker when they were last looked at. */
  private family: readonly number[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** What clients must trust, PEM. */
    readonly ca: string,
  ) {
    this.failed = new Promise((_, reject) => {
      child.once('exit', (code, signal) => {
        const how = signal ?? `exit code ${code}`;
        if (!this.closing) reject(new MqbenchError('MQB_ROLE_DIED', `the nginx process ended unexpectedly (${how})`));
      });
    });
    this.failed.catch(() => {}); // whoever waits for it sees it
  }

  /** Master and worker, for who looks after them: a worker that dies is replaced by its master, its connections are lost. */
  get watched(): Watched | undefined {
    const { pid } = this.child;
    return pid === undefined ? undefined : { name: 'nginx', pid, programs: { name: 'nginx', count: 2 } };
  }

  /**
   * Starts it and waits until it accepts connections.
   * @throws MQB_UNSUPPORTED when nginx or its stream module is not installed, MQB_NGINX when it does not start
   */
  static async start(options: NginxOptions): Promise<Nginx> {
    const binary = binaries.find((path) => existsSync(path));
    const module = streamModules.find((path) => existsSync(path));
    if (!binary || !module) {
      throw new MqbenchError('MQB_UNSUPPORTED', `${binary ? "nginx's stream module" : 'nginx'} is not installed`, {
        hint: 'apt-get install nginx-light libnginx-mod-stream',
        exitCode: exitCodes.machine,
      });
    }
    const folder = await mkdtemp(join(tmpdir(), 'mqbench-nginx-')).catch((error: unknown) => {
      throw outputError(`make a folder for nginx in ${tmpdir()}`, error, { option: 'the variable TMPDIR' });
    });
    try {
      const { ca, cert, key } = await certificatesFor(options.listen.host);
      await writeFile(join(folder, 'cert.pem'), cert);
      await writeFile(join(folder, 'key.pem'), key, { mode: 0o600 });
      if (options.congestionControl) await setRoutesCongestionControl(options.spawn, options.congestionControl);
      await writeFile(join(folder, 'nginx.conf'), nginxConfiguration(options, folder, module));
      const child = options.spawn(binary, ['-p', folder, '-c', join(folder, 'nginx.conf')], {
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true, // a signal to the whole group of the run is for the run alone
      });
      const nginx = new Nginx(child, folder, ca);
      await nginx.listening();
      return nginx;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Its master process writes the pid file once all its sockets listen. */
  private async listening(): Promise<void> {
    let said = '';
    let ended: string | undefined;
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    this.child.on('error', (error) => {
      ended = error.message;
    });
    this.child.on('exit', (code, signal) => {
      ended ??= `ended with ${signal ?? code}`;
    });
    for (let waited = 0; waited < 5000; waited += 20) {
      if (ended !== undefined) break;
      if (existsSync(join(this.folder, 'nginx.pid'))) return;
      await sleep(20);
    }
    await this.close();
    throw new MqbenchError(
      'MQB_NGINX',
      `nginx ${ended ?? 'did not listen within 5 s'}${said ? `: ${said.trim()}` : ''}`,
    );
  }

  /** Of master and worker. */
  uses(): ProcessorUse[] {
    if (this.child.pid !== undefined) this.family = descendants(this.child.pid);
    return this.family.map((pid) => cpuOf(pid)).filter((use) => use !== undefined);
  }

  /** Ends it, at once; the connections it holds are reset. Idempotent. */
  async close(): Promise<void> {
    this.closing = true;
    if (this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined) {
      const gone = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGTERM');
      const killer = setTimeout(() => this.child.kill('SIGKILL'), 2000);
      await gone;
      clearTimeout(killer);
    }
    // A master that was killed leaves its worker behind.
    for (const pid of this.family) if (processState(pid)?.name === 'nginx') tell(pid, 'SIGKILL');
    this.family = [];
    await rm(this.folder, { recursive: true, force: true });
  }
}
