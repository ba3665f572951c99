import { describe, expect, it } from 'vitest';
import type { RoleResources } from '../../../src/result/types.js';
import { nginxConfiguration } from '../../../src/run/front/nginx.js';
import { PhaseMeter, type Reading } from '../../../src/run/usage/phases.js';
import { cpuOf, descendants } from '../../../src/run/usage/proc.js';

const counters = (packets: number, bytes: number) => ({
  packetsIn: packets,
  bytesIn: bytes,
  packetsOut: packets,
  bytesOut: bytes,
  packetsLost: 0,
  packetsOverflowed: 0,
  packetsSentAtOnce: 0,
  packetsReordered: 0,
  packetsDuplicated: 0,
  packetsCorrupted: 0,
});
const role = (name: string, cpu: number): RoleResources => ({
  role: name,
  processes: 1,
  cpuUserMicros: cpu,
  cpuSystemMicros: cpu / 2,
  peakRssBytes: 1000 + cpu,
  contextSwitches: cpu / 10,
});

/** Readings as a run of two phases would give them: 1,000 µs, 100 packets and so on more each time. */
async function metered(): Promise<PhaseMeter> {
  let n = 0;
  const reading = async (): Promise<Reading> => {
    const k = n++;
    return {
      roles: [role('broker', 1000 * k * k), role('nginx', 100 * k)],
      link: { counters: { up: counters(100 * k, 10_000 * k), down: counters(50 * k, 5_000 * k) }, stretches: [] },
    };
  };
  const meter = new PhaseMeter(reading);
  for (const name of ['connect', 'traffic', undefined]) await meter.begin(name);
  return meter;
}

describe('phases', () => {
  it('are billed by difference, and add up to the whole', async () => {
    const { phases } = await metered();
    expect(phases.map(({ name }) => name)).toEqual(['connect', 'traffic']);
    const broker = phases.map(({ resources }) => resources.find((one) => one.role === 'broker'));
    expect(broker.map((one) => one?.cpuUserMicros)).toEqual([1000, 3000]);
    expect(broker.map((one) => one?.contextSwitches)).toEqual([100, 300]);
    expect(broker.map((one) => one?.peakRssBytes)).toEqual([2000, 5000]);
    expect(phases.map(({ link }) => link?.up?.bytesIn)).toEqual([10_000, 10_000]);
  });
});

describe('/proc', () => {
  it('tells what this process has used, and nothing of one that is gone', () => {
    const use = cpuOf(process.pid);
    expect(use?.peakRssBytes).toBeGreaterThan(1e6);
    const spent = process.cpuUsage();
    expect(use!.cpuUserMicros + use!.cpuSystemMicros).toBeLessThanOrEqual(spent.user + spent.system + 20_000);
    expect(cpuOf(2 ** 22 + 1)).toBeUndefined();
    expect(descendants(process.pid)).toContain(process.pid);
    expect(descendants(process.ppid)).toContain(process.pid);
  });
});

describe('the configuration of nginx', () => {
  it('ends TLS of the version asked for and passes on to the broker', () => {
    const options = { listen: { host: '10.0.0.1', port: 8883 }, broker: { host: '10.0.0.1', port: 41_000 } };
    const text = nginxConfiguration({ ...options, tlsVersion: '1.2' }, '/run/x', '/usr/lib/m.so');
    expect(text).toContain('listen 10.0.0.1:8883 ssl');
    expect(text).toContain('ssl_protocols TLSv1.2;');
    expect(text).toContain('proxy_pass 10.0.0.1:41000;');
    expect(text).toContain('load_module /usr/lib/m.so;');
  });
});
