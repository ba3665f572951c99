import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { bucketValues } from '../../src/load/prometheus.js';
import { Histogram } from '../../src/metrics/histogram.js';
import { find } from '../broker/mosquitto.js';
import { type RunningCli, startCli } from '../helpers/cli.js';
import { freePort } from '../helpers/free-port.js';

const prometheusPath = find('prometheus');
if (!prometheusPath) {
  process.stderr.write('skipped: load dashboard on Prometheus: not installed (apt-get install prometheus)\n');
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}
const file = new URL('../../scripts/monitoring/dashboard-load.json', import.meta.url);
const { panels } = JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
const queries = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));

describe('buckets of a recorded histogram', () => {
  it('are cumulative, end with all samples, and have the exact sum', () => {
    const histogram = new Histogram();
    for (const micros of [50, 100, 900, 20_000, 70_000_000]) histogram.record(micros);
    const values = bucketValues('x_seconds', histogram);
    const le = (bound: string) => values.find(({ labels }) => labels.le === bound)?.value;
    expect([le('0.0001'), le('0.001'), le('0.025'), le('60'), le('+Inf')]).toEqual([2, 3, 4, 4, 5]);
    expect(values.find(({ metricName }) => metricName === 'x_seconds_sum')?.value).toBeCloseTo(70.02105, 6);
    expect(values.find(({ metricName }) => metricName === 'x_seconds_count')?.value).toBe(5);
  });
});

describe('mqbench pubsub --prometheus', () => {
  let broker: BrokerHandle;
  let load: RunningCli;
  let url: string;
  let prometheus: Prometheus | undefined;

  beforeAll(async () => {
    broker = await startBroker({ listeners: { tcp: { port: 0 } } });
    const port = String(broker.ready.addresses.tcp?.port);
    const args = '--pubs 20 --rate 200 -q 1 -F 10 -i 5 --duration 90s --prometheus 0'.split(' ');
    load = startCli(['pubsub', '-h', '127.0.0.1', '-p', port, ...args], { timeoutMs: 120_000 });
    let said = '';
    load.child.stderr?.on('data', (text) => {
      said += text;
    });
    await load.sees(/\d\/s acknowledged/);
    url = /metrics +(http\S+)/.exec(said)?.[1] ?? '';
    if (prometheusPath) prometheus = await Prometheus.start(prometheusPath, new URL(url).host);
  });
  afterAll(async () => {
    await prometheus?.end();
    load.child.kill('SIGINT');
    await load.ended;
    await broker.close();
  });

  it('serves counters that agree with each other, and filled histograms', async () => {
    await expect
      .poll(async () => metric(await text(url), 'mqbench_load_publishes_acknowledged_total'), { timeout: 10_000 })
      .toBeGreaterThan(200);
    const page = await text(url);
    expect(metric(page, 'mqbench_load_clients_connected')).toBe(40);
    const acknowledged = metric(page, 'mqbench_load_publishes_acknowledged_total');
    expect(metric(page, 'mqbench_load_publish_ack_seconds_count')).toBe(acknowledged);
    expect(metric(page, 'mqbench_load_publish_ack_seconds_bucket{le="+Inf"}')).toBe(acknowledged);
    expect(metric(page, 'mqbench_load_delivery_seconds_count')).toBe(
      metric(page, 'mqbench_load_messages_received_total'),
    );
    expect(metric(page, 'mqbench_load_connect_seconds_count')).toBe(40);
  });

  describe.runIf(prometheusPath)('the dashboard on a real Prometheus', () => {
    it.each(queries)('$title: $expr', async ({ expr }) => {
      const query = expr.replaceAll('$__rate_interval', '5s');
      const samples = async (): Promise<number> => {
        const url = `${prometheus?.api}?${new URLSearchParams({ query })}`;
        const response = await fetch(url).catch(() => undefined); // not up yet
        const answer = (await response?.json()) as { data?: { result: unknown[] } } | undefined;
        return answer?.data?.result.length ?? 0;
      };
      await expect.poll(samples, { timeout: 20_000, interval: 300 }).toBeGreaterThanOrEqual(1);
    });
  });
});

/** A Prometheus of its own that scrapes one target, on a free port of loopback. */
class Prometheus {
  private constructor(
    private readonly child: ChildProcess,
    private readonly data: string,
    readonly api: string,
  ) {}

  static async start(path: string, target: string): Promise<Prometheus> {
    const data = mkdtempSync(join(tmpdir(), 'mqbench-prometheus-'));
    const jobs = [{ job_name: 'mqbench-load', static_configs: [{ targets: [target] }] }];
    const config = { global: { scrape_interval: '500ms' }, scrape_configs: jobs };
    writeFileSync(join(data, 'prometheus.yml'), JSON.stringify(config)); // JSON is YAML
    const address = `127.0.0.1:${await freePort()}`;
    const flags = [`--config.file=${data}/prometheus.yml`, `--storage.tsdb.path=${data}/tsdb`];
    const child = spawn(path, [...flags, `--web.listen-address=${address}`], { stdio: 'ignore' });
    return new Prometheus(child, data, `http://${address}/api/v1/query`);
  }

  async end(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await gone;
    rmSync(this.data, { recursive: true });
  }
}

async function text(url: string): Promise<string> {
  return (await fetch(url)).text();
}

function metric(page: string, name: string): number {
  const line = page.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}
