import { spawnSync } from 'node:child_process';
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import { brokerRegistry } from '../../src/broker/prometheus.js';
import { MetricsServer, parseMetricsAddress } from '../../src/metrics/metrics-server.js';
import { runCli, startCli } from '../helpers/cli.js';
import { find } from './mosquitto.js';

const promtool = find('promtool');

/** The value of a sample, by its name and labels as they are written. */
function sample(text: string, name: string): number {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

describe('metrics of the broker for Prometheus', () => {
  let broker: Broker;
  let server: MetricsServer;
  afterEach(async () => {
    await server?.close();
    await broker?.close();
  });

  async function scrape(): Promise<string> {
    const response = await fetch(server.url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    return response.text();
  }

  async function start(): Promise<void> {
    broker = await Broker.start({ listeners: { tcp: { port: 0 }, ws: { port: 0 } } });
    server = await MetricsServer.open({ host: '127.0.0.1', port: 0 }, brokerRegistry(broker));
  }

  it('count what clients do, and rise from scrape to scrape', async () => {
    await start();
    const { tcp, ws } = broker.ready.addresses;
    const subscriber = await mqtt.connectAsync(`ws://127.0.0.1:${ws?.port}/mqtt`);
    await subscriber.subscribeAsync('a', { qos: 1 });
    const publisher = await mqtt.connectAsync(`mqtt://127.0.0.1:${tcp?.port}`);
    await publisher.publishAsync('a', 'x', { qos: 1 });
    await publisher.publishAsync('b', 'x', { qos: 1 });
    const first = await scrape();
    expect(sample(first, 'mqbench_broker_connections{transport="tcp"}')).toBe(1);
    expect(sample(first, 'mqbench_broker_connections{transport="ws"}')).toBe(1);
    expect(sample(first, 'mqbench_broker_connect_packets_total')).toBe(2);
    expect(sample(first, 'mqbench_broker_publishes_received_total')).toBe(2);
    expect(sample(first, 'mqbench_broker_publishes_delivered_total')).toBe(1);
    expect(sample(first, 'mqbench_broker_listener_events_total{transport="tcp",event="accepted"}')).toBe(1);
    expect(sample(first, 'mqbench_broker_received_bytes_total')).toBeGreaterThan(50);
    expect(sample(first, 'mqbench_broker_session_duration_seconds_count{transport="tcp"}')).toBeNaN();
    await publisher.publishAsync('b', 'x', { qos: 1 });
    await publisher.endAsync();
    await expect.poll(async () => sample(await scrape(), 'mqbench_broker_connections{transport="tcp"}')).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 100)); // totals are read once per scrape and kept for 50 ms
    const second = await scrape();
    expect(sample(second, 'mqbench_broker_publishes_received_total')).toBe(3);
    expect(sample(second, 'mqbench_broker_session_duration_seconds_count{transport="tcp"}')).toBe(1);
    expect(sample(second, 'mqbench_broker_session_duration_seconds_bucket{le="86400",transport="tcp"}')).toBe(1);
    expect(sample(second, 'mqbench_broker_received_bytes_total')).toBeGreaterThan(
      sample(first, 'mqbench_broker_received_bytes_total'),
    );
    await subscriber.endAsync(true);
  });

  it('tell about the process in the usual names', async () => {
    await start();
    const text = await scrape();
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
    ]) {
      expect(sample(text, name)).toBeGreaterThanOrEqual(0);
    }
  });

  it.runIf(promtool)('pass promtool', async () => {
    await start();
    const { status, stderr, stdout } = spawnSync(promtool as string, ['check', 'metrics'], { input: await scrape() });
    // Node's default metrics have two names that promtool would write otherwise; ours must have none.
    const ours = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('mqbench_'));
    expect(ours).toEqual([]);
    expect([0, 3]).toContain(status);
  });

  it('are only at /metrics', async () => {
    await start();
    expect((await fetch(server.url.replace('/metrics', '/'))).status).toBe(404);
  });

  it('are served by mqbench broker --prometheus', async () => {
    const listeners = ['--tcp', '0', '--tls', 'off', '--ws', 'off', '--wss', 'off', '--quic', 'off'];
    const cli = startCli(['broker', ...listeners, '--prometheus', '127.0.0.1:0']);
    let stdout = '';
    cli.child.stdout?.on('data', (text: string) => {
      stdout += text;
    });
    await cli.sees('Ctrl-C');
    const url = /http:\S+/.exec(stdout)?.[0] as string;
    expect(await (await fetch(url)).text()).toContain('mqbench_broker_connections{transport="tcp"} 0');
    cli.child.kill('SIGINT');
    expect((await cli.ended).code).toBe(0);
  });

  it('say when their port is in use', async () => {
    await start();
    const { port } = new URL(server.url);
    const listeners = ['--tcp', '0', '--tls', 'off', '--ws', 'off', '--wss', 'off', '--quic', 'off'];
    const { code, stderr } = await runCli(['broker', ...listeners, '--prometheus', port]);
    expect(code).toBe(4);
    expect(stderr).toContain(`port ${port} is in use`);
    expect(stderr).toContain('--prometheus');
  });

  it.each([
    ['9464', { host: '127.0.0.1', port: 9464 }],
    [':9000', { host: '127.0.0.1', port: 9000 }],
    ['0.0.0.0:1', { host: '0.0.0.0', port: 1 }],
    ['[::1]:2', { host: '::1', port: 2 }],
  ])('read the address %s', (text, address) => {
    expect(parseMetricsAddress(text)).toEqual(address);
  });

  it.each(['', 'host', 'a:b', '1:2:3', '70000'])('refuse the address "%s"', (text) => {
    expect(() => parseMetricsAddress(text)).toThrow(expect.objectContaining({ code: 'MQB_USAGE', exitCode: 2 }));
  });
});
