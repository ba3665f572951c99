import type { IncomingMessage, Server } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import type { Registry } from 'prom-client';
import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';
import { smallServer } from '../base/small-server.js';

export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port`, `[::1]:port`, `:port` or `port`; without a host it is 127.0.0.1. @throws MQB_USAGE */
export function parseMetricsAddress(text: string): MetricsAddress {
  const match = /^(?:(\[[0-9a-f:.]+\]|[^:[\]]+)?:)?(\d{1,5})$/i.exec(text.trim());
  const port = Number(match?.[2]);
  if (!match || port > 65_535) {
    throw new MqbenchError('MQB_USAGE', `"${text}" is not an address to serve metrics on`, {
      hint: 'write it like 9464 or 0.0.0.0:9464; port 0 takes a free one',
      exitCode: exitCodes.usage,
    });
  }
  return { host: (match[1] ?? '127.0.0.1').replace(/[[\]]/g, ''), port };
}

/** An HTTP server with one page: /metrics in Prometheus' text format. */
export class MetricsServer {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @throws MQB_PORT_IN_USE, MQB_LISTEN */
  static async open({ host, port }: MetricsAddress, registry: Registry): Promise<MetricsServer> {
    const server = smallServer((request, response) => {
      const refusal = refusalOf(request, host);
      if (refusal) {
        response.writeHead(refusal.status).end(`${refusal.text}\n`);
        return;
      }
      registry.metrics().then(
        (text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
        (error: unknown) => response.writeHead(500).end(`${messageOf(error)}\n`),
      );
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(listenError(host, port, error)));
      server.listen(port, host, resolve);
    });
    server.unref();
    const bound = (server.address() as { port: number }).port;
    return new MetricsServer(server, `http://${isIPv6(host) ? `[${host}]` : host}:${bound}/metrics`);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections(); // Prometheus keeps its connection open between scrapes
    await closed;
  }
}

/** @param host what it listens on */
function refusalOf(
  { url, method, headers }: IncomingMessage,
  host: string,
): { status: number; text: string } | undefined {
  if (isLoopback(host) && !isOwnName(headers.host))
    return { status: 421, text: 'ask for the metrics by their address' };
  if (url?.split('?')[0] !== '/metrics') return { status: 404, text: 'the metrics are at /metrics' };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'the metrics can only be read' };
  return undefined;
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

/** A page elsewhere that points its own name at this machine must not read what is served on loopback (DNS rebinding). */
function isOwnName(header = ''): boolean {
  const name = header.replace(/:\d+$/, '').replace(/[[\]]/g, '');
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost');
}

function listenError(host: string, port: number, cause: Error): MqbenchError {
  const inUse = codeOf(cause) === 'EADDRINUSE';
  return new MqbenchError(
    inUse ? 'MQB_PORT_IN_USE' : 'MQB_LISTEN',
    `serve metrics on ${host}:${port}: ${inUse ? `port ${port} is in use` : messageOf(cause)}`,
    { hint: 'choose another address: --prometheus host:port; port 0 takes a free one', cause },
  );
}
