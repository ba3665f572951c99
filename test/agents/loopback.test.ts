import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IConnectPacket } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { cellIn, endAgents, type Nats, noNats, startAgents, startNats } from '../helpers/agents.js';
import { type RunningCli, runCli } from '../helpers/cli.js';
import { ScriptedBroker } from '../helpers/scripted-broker.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-agents-'));
const names = ['alpha', 'beta', 'gamma'];
let nats: Nats;
let agents: RunningCli[] = [];
let broker: BrokerHandle;

describe.skipIf(noNats)('a load on three agents', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    [nats, broker] = await Promise.all([
      startNats(),
      startBroker({ host: '127.0.0.1', listeners: { tcp: { port: 0 } } }),
    ]);
    agents = await startAgents(nats, names);
  });
  afterAll(async () => {
    await endAgents(agents);
    await Promise.all([nats?.close(), broker?.close()]);
    rmSync(folder, { recursive: true });
  });

  const at = (): string[] => ['-h', '127.0.0.1', '-p', String(broker.ready.addresses.tcp?.port)];
  const on = (): string[] => ['--agents', nats.url, '--agents-min', '3', '--quiet', '--json', 'r.json'];

  it('offers, sends and delivers every message once, and says of each agent what it did', async () => {
    const load = ['--pattern', 'pairs', '--pubs', '50', '--rate', '400', '-q', '1', '--duration', '3s'];
    const { code, stdout, stderr } = await runCli(['pubsub', ...at(), ...on(), ...load], { cwd: folder });
    expect(`${stderr} ${code}`).toBe(' 0');
    const cell = cellIn(folder);
    expect(cell.ledger).toEqual([
      expect.objectContaining({ offered: 1200, sent: 1200, acknowledged: 1200, received: 1200, missing: 0 }),
    ]);
    expect(cell.ledger[0]?.verdict).toBe('kept');
    expect(cell.metrics.distributions['delivery.e2e']?.count).toBe(1200);
    expect(cell.metrics.distributions['publish.ack']?.count).toBe(1200);
    // 100 clients: client i is on agent i mod 3.
    expect(cell.agents?.map(({ name, clients, connected }) => [name, clients, connected])).toEqual([
      ['alpha', 34, 34],
      ['beta', 33, 33],
      ['gamma', 33, 33],
    ]);
    for (const name of names) expect(stdout).toMatch(new RegExp(`${name} on .*: 3[34] of 3[34] clients, 1 worker, `));
    expect(cell.clockBoundMicros).toBe(0); // they share this machine's clock
    expect(cell.doubts.map(({ code }) => code)).not.toContain('clock-bound');
    expect(cell.resources[0]).toMatchObject({ role: 'load', processes: 3 });
  });

  it('gives every client its own row of a feeder, once', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `device-${i},user-${i},secret-${i}`);
    writeFileSync(join(folder, 'rows.csv'), `id,username,password\n${rows.join('\n')}\n`);
    const seen: string[] = [];
    const scripted = await ScriptedBroker.open((packet) => {
      const { cmd, clientId, username, password } = packet as IConnectPacket;
      if (cmd === 'connect' && username) seen.push(`${clientId},${username},${password}`);
      return false;
    });
    try {
      const load = ['-p', String(scripted.port), '-c', '20', '--feeder', 'rows.csv', '--duration', '300ms'];
      const { code, stderr } = await runCli(['conn', '-h', '127.0.0.1', ...on(), ...load], { cwd: folder });
      expect(`${stderr} ${code}`).toBe(' 0');
      const own = seen.filter((row) => row.startsWith('device-'));
      expect(own.sort()).toEqual(rows.sort());
    } finally {
      scripted.close();
    }
  });

  it('splits 10,000 clients exactly', async () => {
    const { code, stdout } = await runCli(
      [
        'conn',
        ...at(),
        ...on(),
        '-c',
        '10000',
        '-R',
        '1000',
        '--connect-timeout',
        '60s',
        '--duration',
        '1s',
        '--keepalive',
        '300',
      ],
      { cwd: folder },
    );
    expect(stdout).toContain('10,000 of 10,000 connected');
    const { agents, metrics } = cellIn(folder);
    expect(agents?.map(({ clients }) => clients)).toEqual([3334, 3333, 3333]);
    expect(agents?.map(({ connected }) => connected)).toEqual([3334, 3333, 3333]);
    expect(metrics.values['clients.connected']).toBe(10_000);
    expect(metrics.distributions['connect.connack']?.count).toBe(10_000);
    expect(code).toBe(0);
  });

  it('lists them', async () => {
    const { code, stdout } = await runCli(['agents', '--agents', nats.url]);
    for (const name of names) expect(stdout).toContain(`${name}  on `);
    expect(stdout.match(/clock [+-][\d.]+ m?s ± [\d.]+ ms/g)).toHaveLength(3);
    expect(stdout.match(/loads private/g)).toHaveLength(3);
    expect(code).toBe(0);
  });
});
