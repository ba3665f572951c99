import { createServer, type Server } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Registry } from 'prom-client';
import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { exitCodes } from '../base/exit-codes.js';

/** Where metrics are served. */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port`, `[::1]:port`, `:port` or `port`; without a host it is 127.0.0.1.
 * @throws MQB_USAGE
 */
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
    const server = createServer((request, response) => {
      if (request.url?.split('?')[0] !== '/metrics') {
        response.writeHead(404).end('the metrics are at /metrics\n');
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

function listenError(host: string, port: number, cause: Error): MqbenchError {
  const inUse = codeOf(cause) === 'EADDRINUSE';
  return new MqbenchError(
    inUse ? 'MQB_PORT_IN_USE' : 'MQB_LISTEN',
    `serve metrics on ${host}:${port}: ${inUse ? `port ${port} is in use` : messageOf(cause)}`,
    { hint: 'choose another address: --prometheus host:port; port 0 takes a free one', cause },
  );
}
