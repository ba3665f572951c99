import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { DistributionName, ValueName } from '../../src/metrics/registry.js';
import { readResult } from '../../src/result/read.js';
import type { Cell, Result } from '../../src/result/types.js';
import { startCli } from '../helpers/cli.js';
import { measure } from '../helpers/measure.js';
import { availableBackends } from '../lab/conditions.js';

// The scenarios that reproduce published experiments, in their quick form; one of them through the real command line. What is
// asserted is physics. Lower bounds are strict, nothing is faster than light. Upper bounds have to hold on a machine that
// is busy with other things, these tests among them: so round trips are counted where one is 100 ms long, far longer than
// a client ever waits for a processor, and a median may be most of one late: a round trip more would take all of them a
// whole one longer.

const backends = await availableBackends();
const folder = mkdtempSync(join(tmpdir(), 'mqbench-e2e-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasNginx = existsSync('/usr/sbin/nginx') && existsSync('/usr/lib/nginx/modules/ngx_stream_module.so');

/** An expectation about a median may be missed on a busy machine; anything else that goes wrong is no result. */
async function run(scenario: string, only: string, set: readonly string[] = []): Promise<Result> {
  const result = await measure(scenario, { quick: true, only, set });
  expect(result.status).toBe('finished');
  return result;
}

/** The same with the real command line. */
async function runCommand(scenario: string, only: string): Promise<Result> {
  const out = join(folder, scenario);
  const args = ['run', scenario, '--quick', '--only', only, '--out', out];
  const { code, stdout, stderr } = await startCli(args, { timeoutMs: 140_000 }).ended;
  // 10: an expectation was missed.
  expect([0, 10], stdout + stderr).toContain(code);
  return readResult(join(out, readdirSync(out).sort().at(-1) ?? ''));
}

const cellOf = (result: Result, id: string): Cell => {
  const cell = result.cells.find((one) => one.id === id);
  if (!cell) throw new Error(`no cell ${id} in ${result.cells.map((one) => one.id).join(', ')}`);
  expect(cell.status, cell.error?.message).toBe('finished');
  return cell;
};
const value = (cell: Cell, name: ValueName): number => cell.metrics.values[name] ?? Number.NaN;
/** Of what became of the clients after an event. */
const after = (cell: Cell, event: string, name: ValueName): number =>
  cell.events.find((one) => one.name === event)?.metrics?.values[name] ?? Number.NaN;
const counter = (cell: Cell, name: string): number => cell.counters[name] ?? 0;

/** A path so long that the machine does not matter, and so few clients at a time that none waits for another. */
const farAway = ['network.rtt=100ms', 'load.clients=30', 'load.connectRate=25/s'];

/** The median is this many round trips: nothing is faster, and half of the clients are less than one slower. */
function expectRoundTrips(cell: Cell, metric: DistributionName, trips: number): void {
  const measured = cell.metrics.distributions[metric];
  const { rttMicros } = cell.network;
  expect(measured?.min, `${cell.id} ${metric} min`).toBeGreaterThan(0.98 * trips * rttMicros);
  expect(measured?.p50, `${cell.id} ${metric} p50`).toBeLessThan((trips + 0.9) * rttMicros);
}

describe.skipIf(backends.length === 0).concurrent('the experiments', { timeout: 150_000 }, () => {
  it('mixed-fleet: each kind of client has its own numbers, and what one kind publishes comes to the others whole', async () => {
    const cell = cellOf(await runCommand('mixed-fleet', 'tcp@20ms'), 'tcp@20ms');
    const of = (fleet: string, name: ValueName): number => cell.fleets?.[fleet]?.metrics.values[name] ?? Number.NaN;
    const sent = { sensors: of('sensors', 'messages.sent'), alarms: of('alarms', 'messages.sent') };
    expect(sent).toEqual({ sensors: 2400, alarms: 240 }); // 400/s and 40 times 1/s for 6 s
    expect(of('dashboards', 'messages.received')).toBe(10 * (sent.sensors + sent.alarms));
    expect(of('dashboards', 'messages.missing')).toBe(0);
    expect(of('phones', 'messages.received')).toBeLessThanOrEqual((30 / 40) * sent.alarms);
    expect(of('slow', 'messages.received')).toBeLessThan(sent.sensors / 2);
    const received = ['dashboards', 'phones', 'slow'].reduce((sum, fleet) => sum + of(fleet, 'messages.received'), 0);
    expect(value(cell, 'messages.received')).toBe(received);
    const cut = (fleet: string, name: ValueName) => cell.fleets?.[fleet]?.events.cut?.values[name];
    expect([cut('alarms', 'clients.reconnected'), cut('sensors', 'clients.survived')]).toEqual([40, 200]);
    // Each of ten dashboards hears the will of each alarm that was cut.
    expect(counter(cell, 'messages.foreign')).toBe(400);
  });

  it('connect-latency: until CONNACK TCP needs 2 round trips, TLS 1.2 4, TLS 1.3 3, QUIC 2', async () => {
    const result = await run('connect-latency', '@100ms', farAway);
    for (const [arm, trips] of Object.entries({ tcp: 2, tls12: 4, tls: 3, quic: 2 })) {
      const cell = cellOf(result, `${arm}@100ms`);
      expect(value(cell, 'clients.connected')).toBe(value(cell, 'clients.asked'));
      expectRoundTrips(cell, 'connect.transport', trips - 1);
      expectRoundTrips(cell, 'connect.connack', trips);
      expectRoundTrips(cell, 'connect.suback', trips + 1);
    }
  });

  it('reconnect: a ticket saves TLS 1.2 a round trip, early data saves QUIC one', async () => {
    const slowly = [...farAway, 'timeline[0].rate=25/s'];
    const result = await run('reconnect', 'tls12-ticket,tls-ticket,quic-ticket,quic-0rtt', slowly);
    const arms = { 'tls12-ticket': 3, 'tls-ticket': 3, 'quic-ticket': 2, 'quic-0rtt': 1 };
    for (const [arm, trips] of Object.entries(arms)) {
      const cell = cellOf(result, `${arm}@100ms`);
      const clients = value(cell, 'clients.asked');
      expect(after(cell, 'disconnect', 'clients.reconnected')).toBe(clients);
      const kind = arm === 'quic-0rtt' ? 'handshake.early-data' : 'handshake.resumed';
      expect(counter(cell, kind)).toBe(clients);
      expect(counter(cell, 'handshake.full')).toBe(clients);
      expectRoundTrips(cell, 'reconnect.retry', trips);
    }
    expect(result.doubts.map(({ code }) => code)).toContain('unequal-terms');
  });

  it('nat-rebind: QUIC goes on; TCP reconnects at once after a reset, and after its own timer when nobody answers', async () => {
    const result = await run('nat-rebind', 'quic,tcp');
    for (const nat of ['forward', 'drop']) {
      const quic = cellOf(result, `quic@30ms+nat-${nat}`);
      expect(counter(quic, 'connections.lost')).toBe(0);
      const tcp = cellOf(result, `tcp@30ms+nat-${nat}`);
      for (const event of ['rebind', 'return']) {
        expect(after(quic, event, 'clients.survived')).toBe(value(quic, 'clients.asked'));
        expect(after(tcp, event, 'clients.reconnected')).toBe(value(tcp, 'clients.asked'));
      }
      for (const cell of [quic, tcp]) {
        expect(value(cell, 'messages.missing')).toBe(0);
        expect(cell.events.map(({ name }) => name)).toEqual(['rebind', 'return']);
        expect(cell.doubts.map(({ code }) => code)).not.toContain('event-unseen');
      }
    }
    // Silence is noticed after deadAfter (1 s in the quick form), a reset with the next message.
    const noticed = (nat: string) =>
      cellOf(result, `tcp@30ms+nat-${nat}`).events.find(({ name }) => name === 'rebind')?.metrics?.distributions[
        'reconnect.connack'
      ];
    expect(noticed('drop')?.min).toBeGreaterThan(1_000_000);
    expect(noticed('forward')?.min).toBeLessThan(1_000_000);
  });

  it('lossy-link: with 10 % loss and 20 % reordering no QoS 1 message is missing on any transport', async () => {
    const result = await run('lossy-link', 'tcp,nginx,quic-moving');
    const arms = ['tcp', 'quic-moving', ...(hasNginx ? ['tls-nginx'] : [])];
    for (const arm of arms) {
      const cell = cellOf(result, `${arm}@30ms`);
      expect(cell.link?.up?.packetsLost).toBeGreaterThan(0);
      expect(cell.link?.up?.packetsReordered).toBeGreaterThan(0);
      expect(value(cell, 'messages.missing')).toBe(0);
      expect(cell.ledger.map(({ verdict }) => verdict)).toEqual(['kept']);
    }
    expect(cellOf(result, 'quic-moving@30ms').events.map(({ name }) => name)).toContain('rebind');
    expect(cellOf(result, 'tcp@30ms').events.map(({ name }) => name)).not.toContain('rebind');
    const nginx = result.cells.find(({ arm }) => arm === 'tls-nginx');
    if (hasNginx) expect(nginx?.resources.map(({ role }) => role)).toContain('nginx');
    else expect(nginx).toMatchObject({ status: 'unsupported', error: { code: 'MQB_UNSUPPORTED' } });
  });

  it('connect-storm: the whole fleet is back, and each phase has its own bill', async () => {
    const result = await run('connect-storm', 'tls-ticket,quic-ticket', ['load.clients=100']);
    for (const arm of ['tls-ticket', 'quic-ticket']) {
      const cell = cellOf(result, `${arm}@10ms`);
      const clients = value(cell, 'clients.asked');
      expect(after(cell, 'cut', 'clients.reconnected')).toBe(clients);
      expect(counter(cell, 'handshake.resumed')).toBeGreaterThanOrEqual(clients);
      expect(cell.phases?.map(({ name }) => name)).toEqual(['connect', 'traffic', 'settled', 'storm', 'drain']);
      const [connect, , settled, storm] = cell.phases ?? [];
      const cpu = (phase: typeof connect) =>
        phase?.resources
          .filter(({ role }) => role === 'broker')
          .reduce((sum, r) => sum + r.cpuUserMicros + r.cpuSystemMicros, 0);
      expect(cpu(connect)).toBeGreaterThan(0);
      expect(cpu(storm)).toBeGreaterThan(cpu(settled) ?? Number.NaN);
      // A resumed handshake is smaller, as no certificate comes down; QUIC pads its datagrams all the same.
      if (arm === 'tls-ticket')
        expect(storm?.link?.down?.bytesIn).toBeLessThan(connect?.link?.down?.bytesIn ?? Number.NaN);
      expect(storm?.link?.up?.packetsIn).toBeGreaterThan(clients);
      // Nothing was ever due, so nobody was silent.
      for (const set of [cell.metrics, ...Object.values(cell.windows)])
        expect(set.distributions['delivery.gap']).toBeUndefined();
    }
  });

  it('wire-overhead: one byte costs at least its headers, 64 KiB at most a tenth more', async () => {
    const result = await run('wire-overhead', 'tcp,quic');
    for (const arm of ['tcp', 'quic']) {
      const small = value(cellOf(result, `${arm}@10ms+1B`), 'wire.message.up');
      const large = value(cellOf(result, `${arm}@10ms+64KiB`), 'wire.message.up');
      // IPv4 and TCP or UDP, the fixed header, topic, packet id and the stamp that every message of ours carries.
      expect(small).toBeGreaterThan(60);
      expect(small).toBeLessThan(400);
      expect(large).toBeGreaterThan(65_536);
      expect(large).toBeLessThan(1.15 * 65_536);
    }
  });
});
