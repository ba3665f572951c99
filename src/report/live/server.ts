import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nowMicros } from '../../base/clock.js';
import { codeOf, MqbenchError, messageOf } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { smallServer } from '../../base/small-server.js';
import type { Result } from '../../result/types.js';
import { html, type Markup } from '../html/markup.js';
import { reportBody } from '../html/report.js';
import { livePage } from './page.js';
import { type LivePlan, type LiveProgress, LiveSamples } from './samples.js';

export type { LiveLoad, LivePlan, LiveProgress } from './samples.js';

/** A running experiment in the browser: the report as far as it has come, and the cell that runs. */
export interface LiveView {
  readonly url: string;
  /** Cheap: nothing is drawn unless somebody watches, and then at most every two seconds. */
  progress(progress: LiveProgress): void;
  /** The result so far; called when a cell has finished. */
  update(result: Result): void;
  /** Tells the viewers that it is over, and stops. Idempotent. */
  close(): Promise<void>;
}

/** Three charts take about 30 ms of a core; every two seconds that is 1.5 %, which the measurement can bear. */
const redrawMicros = 2e6;
/** Enough for a person with several windows; a limit because each one holds a connection. */
const mostViewers = 32;

/**
 * Serves the live view on loopback, and nowhere else. Server-sent events carry what is
 * rendered here; the page runs one small script whose hash its policy names.
 * @param options.port 0 takes a free one
 * @throws MQB_PORT_IN_USE (run) or MQB_LIVE_VIEW when it cannot listen
 */
export async function startLiveView(options: { port: number; title: string; plan: LivePlan }): Promise<LiveView> {
  const view = new View(options.title, options.plan);
  const server = smallServer((request, response) => view.answer(request, response));
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  view.hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  return {
    url: `http://127.0.0.1:${port}/`,
    progress: (progress) => view.progress(progress),
    update: (result) => view.update(result),
    close: () => view.close(server),
  };
}

class View {
  /** Names under which it may be asked: a page elsewhere that points its own name here gets nothing (DNS rebinding). */
  hosts: readonly string[] = [];
  private readonly viewers = new Set<ServerResponse>();
  private readonly samples: LiveSamples;
  private result: Result | undefined;
  /** Drawn once per result, and only when somebody looks. */
  private report: Markup | undefined;
  private lastDrawn = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly title: string,
    plan: LivePlan,
  ) {
    this.samples = new LiveSamples(plan);
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const refusal = this.refusalOf(request);
    if (refusal) {
      const [status, text] = refusal;
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
    } else if (request.url === '/events') {
      this.watch(response);
    } else {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
      response.end(livePage(this.title, this.samples.render(), this.drawnReport()));
    }
  }

  private refusalOf({ headers, method, url }: IncomingMessage): readonly [status: number, text: string] | undefined {
    if (!this.hosts.includes(headers.host ?? '')) return [421, 'Ask for this page by its address, 127.0.0.1.'];
    if (method !== 'GET') return [405, 'There is nothing here but pages to read.'];
    if (url !== '/' && url !== '/events') return [404, 'There is only one page: /'];
    return url === '/events' && this.viewers.size >= mostViewers ? [503, 'Too many viewers.'] : undefined;
  }

  progress(progress: LiveProgress): void {
    const now = nowMicros();
    this.samples.add(progress, now);
    if (this.viewers.size === 0 || now - this.lastDrawn < redrawMicros) return;
    this.lastDrawn = now;
    this.send('progress', this.samples.render().text);
  }

  update(result: Result): void {
    this.result = result;
    this.report = undefined;
    if (this.viewers.size > 0) this.send('report', this.drawnReport().text);
  }

  async close(server: Server): Promise<void> {
    for (const viewer of this.viewers) viewer.end('event: end\ndata: null\n\n');
    this.viewers.clear();
    if (!server.listening) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      // Connections that a browser keeps open for later would hold the run's end up.
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 500).unref();
    });
  }

  private watch(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 2000\n\n');
    this.viewers.add(response);
    response.on('close', () => this.viewers.delete(response));
    this.send('progress', this.samples.render().text);
    this.send('report', this.drawnReport().text);
  }

  private drawnReport(): Markup {
    if (!this.result) return html``;
    this.report ??= reportBody([this.result]);
    return this.report;
  }

  private send(event: string, text: string): void {
    for (const viewer of this.viewers) viewer.write(`event: ${event}\ndata: ${JSON.stringify(text)}\n\n`);
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const inUse = codeOf(cause) === 'EADDRINUSE';
      const why = `cannot serve the live view on 127.0.0.1:${port}: ${inUse ? 'the port is in use' : messageOf(cause)}`;
      const hint = 'choose another port, or none: --web takes a free one';
      reject(
        new MqbenchError(inUse ? 'MQB_PORT_IN_USE' : 'MQB_LIVE_VIEW', why, { hint, exitCode: exitCodes.run, cause }),
      );
    });
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
