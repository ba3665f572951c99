import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Broker } from '../../src/broker/broker.js';
import { brokerRegistry } from '../../src/broker/prometheus.js';
import { MetricsServer } from '../../src/metrics/metrics-server.js';
import { freePort } from '../helpers/free-port.js';
import { find } from './mosquitto.js';

const prometheusPath = find('prometheus');
if (!prometheusPath)
  process.stderr.write('skipped: dashboard against Prometheus: not installed (apt-get install prometheus)\n');

const folder = new URL('../../scripts/monitoring/', import.meta.url);

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

const dashboard = JSON.parse(readFileSync(new URL('dashboard.json', folder), 'utf8')) as Dashboard;
const queries = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));

describe.runIf(prometheusPath)('the dashboard on a real Prometheus', () => {
  let broker: Broker;
  let metrics: MetricsServer;
  let prometheus: ChildProcess;
  let client: mqtt.MqttClient;
  let data: string;
  let api: string;
  let publishing: NodeJS.Timeout;

  beforeAll(async () => {
    broker = await Broker.start({ listeners: { tcp: { port: 0 } } });
    metrics = await MetricsServer.open({ host: '127.0.0.1', port: 0 }, brokerRegistry(broker));
    const url = `mqtt://127.0.0.1:${broker.ready.addresses.tcp?.port}`;
    client = await mqtt.connectAsync(url);
    await client.subscribeAsync('a');
    let visitors = 0;
    publishing = setInterval(() => {
      client.publish('a', 'x');
      void mqtt.connectAsync(url, { clientId: `visitor-${visitors++}` }).then((visitor) => visitor.endAsync());
    }, 200);
    data = mkdtempSync(join(tmpdir(), 'mqbench-prometheus-'));
    // The shipped configuration, but for the ports that are free here and for a shorter wait.
    const config = parse(readFileSync(new URL('prometheus.yml', folder), 'utf8')) as {
      global: { scrape_interval: string };
      scrape_configs: { static_configs: { targets: string[] }[] }[];
    };
    config.global.scrape_interval = '500ms';
    for (const { static_configs } of config.scrape_configs) {
      for (const entry of static_configs) entry.targets = [new URL(metrics.url).host];
    }
    writeFileSync(join(data, 'prometheus.yml'), JSON.stringify(config)); // JSON is YAML
    const port = await freePort();
    api = `http://127.0.0.1:${port}/api/v1/query`;
    prometheus = spawn(
      prometheusPath as string,
      [
        `--config.file=${join(data, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(data, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
  });
  afterAll(async () => {
    clearInterval(publishing);
    const gone = new Promise((resolve) => prometheus.once('exit', resolve));
    prometheus.kill('SIGKILL');
    await gone;
    await client.endAsync(true);
    await metrics.close();
    await broker.close();
    rmSync(data, { recursive: true });
  });

  async function samplesOf(expr: string): Promise<number> {
    const query = expr.replaceAll('$__rate_interval', '5s'); // what Grafana puts there: at least four scrapes
    try {
      const response = await fetch(`${api}?${new URLSearchParams({ query })}`);
      const {
        status,
        data: found,
        error,
      } = (await response.json()) as {
        status: string;
        error?: string;
        data?: { result: unknown[] };
      };
      if (status !== 'success') throw new Error(`${expr}: ${error}`);
      return found?.result.length ?? 0;
    } catch (error) {
      if (error instanceof TypeError) return 0; // it is not up yet
      throw error;
    }
  }

  it.each(queries)('$title: $expr', async ({ expr }) => {
    // Nobody fails a TLS handshake over plain TCP: that event need not exist, only the query must be valid.
    const least = expr.includes('handshakes_failed') ? 0 : 1;
    await expect.poll(() => samplesOf(expr), { timeout: 20_000, interval: 300 }).toBeGreaterThanOrEqual(least);
  });
});
