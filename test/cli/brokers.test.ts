import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, describe, it } from 'vitest';
import type { BrokerLimits } from '../../src/broker/limits.js';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { Cell, Result } from '../../src/result/types.js';
import { hasMosquitto } from '../broker/mosquitto.js';
import { runCli, startCli } from '../helpers/cli.js';
import { alive, familyOf } from '../helpers/family.js';
import { tellSkipped } from '../helpers/skipped.js';

const all = mkdtempSync(join(tmpdir(), 'mqbench-brokers-'));
const servers: { close(): unknown }[] = [];
afterAll(async () => {
  for (const server of servers) await server.close();
  rmSync(all, { recursive: true, force: true });
});

const scenario = (brokers: object, more = ''): string => `
title: Brokers of others
arms: [tcp, tls, quic]
brokers: ${JSON.stringify(brokers)}
network: none
load:
  clients: 5
  connectRate: 100/s
  reconnect: { first: 100ms, max: 200ms }
  connectTimeout: 2s
  subscribe: { topic: "t/%c", qos: 1 }
  publish: { topic: "t/%c", qos: 1, payload: 64, rate: 50/s }
  duration: 1500ms
  drain: 1s
${more}`;

async function run(brokers: object, flags: readonly string[] = []) {
  const folder = mkdtempSync(join(all, 'case-'));
  writeFileSync(join(folder, 'x.yaml'), scenario(brokers));
  const outcome = await runCli(['run', 'x.yaml', '--out', 'out', ...flags], { cwd: folder });
  const [name = ''] = readdirSync(join(folder, 'out'));
  const out = join(folder, 'out', name);
  const result = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as Result;
  return { ...outcome, result, out };
}
const cellOf = ({ cells }: Result, id: string): Cell => {
  const cell = cells.find((one) => one.id === `${id}@loopback`);
  if (cell === undefined) throw new Error(`no ${id} in ${cells.map((one) => one.id).join(', ')}`);
  return cell;
};

async function ourBroker(limits: Partial<BrokerLimits> = {}): Promise<BrokerHandle> {
  const broker = await startBroker({ listeners: { tcp: { port: 0 }, tls: { port: 0 } }, limits });
  servers.push(broker);
  return broker;
}

const noMosquitto = tellSkipped('brokers of others', hasMosquitto ? undefined : 'mosquitto is not installed');

describe.concurrent('mqbench run against brokers of others', { timeout: 120_000 }, () => {
  it.skipIf(noMosquitto)(
    'starts a preset for each cell, bills its processes, and says what it does not offer',
    async ({ expect }) => {
      const { result, code, stdout, stderr } = await run(['mosquitto']);
      expect(code, stdout + stderr).toBe(0);
      for (const id of ['tcp', 'tls']) {
        const cell = cellOf(result, id);
        expect([cell.status, cell.error]).toEqual(['finished', undefined]);
        expect(cell.metrics.values).toMatchObject({ 'messages.missing': 0, 'clients.connected': 5 });
        expect(cell.metrics.values['broker.message.cpu']).toBeGreaterThanOrEqual(0);
        expect(cell.resources.find(({ role }) => role === 'broker')?.peakRssBytes).toBeGreaterThan(1e6);
      }
      expect(cellOf(result, 'quic')).toMatchObject({
        status: 'unsupported',
        error: { message: 'the broker mosquitto does not offer quic, but tcp, tls, ws, wss' },
      });
      expect(stdout).toContain('Brokers: mosquitto (mosquitto -c {config}).');
    },
  );

  it('goes on when a broker cannot be had, and says of each why and what would help', async ({ expect }) => {
    const taken = createServer().listen(0, '127.0.0.1');
    servers.push(taken);
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const script = (name: string, text: string, more = {}) => ({
      ...{ name, command: `sh -c "${text}"`, listens: { tcp: 'free' }, ...more },
    });
    const { result, code, out } = await run(
      [
        { name: 'absent', command: 'no-such-broker -p {port.tcp}', listens: { tcp: 'free' } },
        { ...script('taken', 'sleep 60'), listens: { tcp: port } },
        script('silent', 'echo I wait; sleep 60', { readyWithin: '400ms' }),
        script('broken', 'echo line 1; echo bad configuration >&2; exit 3'),
        'included',
      ],
      ['--only', 'tcp'],
    );
    expect(code).toBe(4);
    const told = result.cells.map(({ id, status, error }) => ({ id, status, ...error }));
    expect(JSON.stringify(told, null, 1).replaceAll(/\b[3-6]\d{4}\b/g, 'PORT')).toMatchInlineSnapshot(`
      "[
       {
        "id": "absent-tcp@loopback",
        "status": "failed",
        "code": "MQB_BROKER_START",
        "message": "the broker absent cannot be started: there is no program no-such-broker",
        "hint": "install it, or give its path in the command"
       },
       {
        "id": "taken-tcp@loopback",
        "status": "failed",
        "code": "MQB_PORT_IN_USE",
        "message": "port PORT, which the broker taken is to listen on, is taken on this host",
        "hint": "end what listens there, or write listens: { tcp: free } and {port.tcp} in its configuration"
       },
       {
        "id": "silent-tcp@loopback",
        "status": "failed",
        "code": "MQB_BROKER_START",
        "message": "the broker silent did not listen on port PORT for tcp within 400 ms; the last lines of its log:\\n    I wait",
        "hint": "its command: sh -c \\"echo I wait; sleep 60\\""
       },
       {
        "id": "broken-tcp@loopback",
        "status": "failed",
        "code": "MQB_BROKER_START",
        "message": "the broker broken ended before it listened on port PORT (exit code 3); the last lines of its log:\\n    line 1\\n    bad configuration",
        "hint": "its command: sh -c \\"echo line 1; echo bad configuration >&2; exit 3\\""
       },
       {
        "id": "included-tcp@loopback",
        "status": "finished"
       }
      ]"
    `);
    expect(readdirSync(out)).not.toContain('broker-silent-tcp@loopback.log');
  });

  it('tells of a broker that ends at once, in a process that has nothing else to wait for', async ({ expect }) => {
    const folder = mkdtempSync(join(all, 'case-'));
    const command = 'sh -c "sleep 0.2; echo one; echo two; exit 3"';
    writeFileSync(join(folder, 'x.yaml'), scenario([{ name: 'broken', command, listens: { tcp: 'free' } }]));
    const cells = await startCli(['run', 'x.yaml', '--only', 'tcp'], { cwd: folder }).ended;
    expect(cells.stdout.replace(/\s+/g, ' ')).toMatch(
      /tcp@loopback failed: the broker broken ended before it listened on port \d+ \(exit code 3\); the last lines of its log: one \| two/,
    );
    expect(cells.code).toBe(4);
    const sides = ['--broker-base', command, '--broker-head', command];
    const load = ['pubsub', '--pubs', '1', '--subs', '1', '--duration', '1s'];
    const rounds = await startCli(['ab', ...sides, '--', ...load], { cwd: folder }).ended;
    expect(rounds.stderr).toMatch(/ended before it listened on port \d+ \(exit code 3\)/);
    expect(rounds.code).toBe(4);
  });

  it.skipIf(noMosquitto)(
    'tells the end of a broker that dies while it is measured, with its log',
    async ({ expect }) => {
      const { result, code, out } = await run(
        [
          {
            ...{ name: 'dying', preset: 'mosquitto' },
            command: 'sh -c "echo it starts; timeout 5 {program} -c {config}; echo it is gone; exit 7"',
          },
          'included',
        ],
        ['--only', 'tcp', '--set', 'load.duration=8s'], // longer than the broker lives, however late clients come
      );
      expect(code).toBe(4);
      const [dying, included] = result.cells;
      expect(dying).toMatchObject({ status: 'failed', error: { code: 'MQB_ROLE_DIED' } });
      expect(dying?.error?.message).toContain('the broker dying ended unexpectedly (exit code 7)');
      expect(dying?.error?.message).toMatch(/last lines of its log:[\s\S]*it is gone/);
      expect(included?.status).toBe('finished');
      expect(readFileSync(join(out, 'broker-dying-tcp@loopback.log'), 'utf8')).toMatch(/it starts[\s\S]*it is gone/);
    },
  );
});

// One after the other: runs in one process share the transports, which each closes when it has asked its brokers.
describe('mqbench run against brokers elsewhere', { timeout: 120_000 }, () => {
  it('plays against one that runs elsewhere, of which it knows no costs', async ({ expect }) => {
    const broker = await ourBroker();
    const { tcp, tls } = broker.ready.addresses;
    const ca = join(all, 'elsewhere.pem');
    writeFileSync(ca, broker.ready.ca);
    const url = { tcp: `mqtt://127.0.0.1:${tcp?.port}`, tls: `mqtts://localhost:${tls?.port}` };
    const { result, code, stdout, stderr } = await run([{ name: 'elsewhere', url, ca }]);
    expect(code, stdout + stderr).toBe(0);
    for (const id of ['tcp', 'tls']) {
      const { status, metrics, resources } = cellOf(result, id);
      expect(status).toBe('finished');
      expect(metrics.values).toMatchObject({ 'messages.missing': 0, 'clients.connected': 5 });
      const known = Object.keys(metrics.values).filter((name) => name.startsWith('broker.'));
      expect(known).toEqual([]);
      expect(resources.map(({ role }) => role)).toEqual(['load']);
    }
    expect(cellOf(result, 'quic').error?.message).toBe('the broker elsewhere does not offer quic, but tcp, tls');
  });

  it('asks one elsewhere for its own counts, and tells of what it says it dropped', async ({ expect }) => {
    const broker = await ourBroker({ queuedMessages: 5 });
    const port = broker.ready.addresses.tcp?.port as number;
    const away = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'away', clean: false });
    await away.subscribeAsync('t/#', { qos: 1 });
    await away.endAsync();
    const { result } = await run([{ name: 'there', url: { tcp: `mqtt://127.0.0.1:${port}` } }], ['--only', 'tcp']);
    const { counters, metrics, doubts } = cellOf(result, 'tcp');
    const sent = metrics.values['messages.sent'] as number;
    // Not what warm-up clients had sent before the workers, which are clients of the cell as well.
    expect(counters['broker.$SYS/publish/messages/received']).toBeGreaterThanOrEqual(sent);
    const dropped = counters['broker.$SYS/publish/messages/dropped'] as number;
    expect(dropped).toBeGreaterThanOrEqual(sent - 5);
    expect(doubts).toContainEqual(
      expect.objectContaining({
        code: 'broker-dropped',
        message: expect.stringContaining(`dropped ${dropped} messages`),
      }),
    );
  });

  it('says why nobody gets into one elsewhere', async ({ expect }) => {
    const broker = await ourBroker();
    const { tls } = broker.ready.addresses;
    const { result, code } = await run([
      { name: 'gone', url: { tcp: 'mqtt://127.0.0.1:9' } },
      { name: 'stranger', url: { tls: `mqtts://localhost:${tls?.port}` } },
    ]);
    expect(code).toBe(4);
    const said = result.cells.map(({ id, status, error }) => ({ id, status, ...error }));
    expect(JSON.stringify(said, null, 1).replaceAll(/\b[3-6]\d{4}\b/g, 'PORT')).toMatchInlineSnapshot(`
      "[
       {
        "id": "gone-tcp@loopback",
        "status": "failed",
        "code": "MQB_BROKER_SILENT",
        "message": "the broker gone does not answer over tcp: connect to mqtt://127.0.0.1:9: refused by the host: nobody listens on that port",
        "hint": "start the broker or correct the port"
       },
       {
        "id": "stranger-tcp@loopback",
        "status": "unsupported",
        "code": "MQB_UNSUPPORTED",
        "message": "the broker stranger does not offer tcp, but tls",
        "hint": "mqbench gateway brings it to any broker that speaks TCP: terminator: gateway (for TLS also nginx)"
       },
       {
        "id": "gone-tls@loopback",
        "status": "unsupported",
        "code": "MQB_UNSUPPORTED",
        "message": "the broker gone does not offer tls, but tcp",
        "hint": "mqbench gateway brings it to any broker that speaks TCP: terminator: gateway (for TLS also nginx)"
       },
       {
        "id": "stranger-tls@loopback",
        "status": "failed",
        "code": "MQB_BROKER_SILENT",
        "message": "the broker stranger does not answer over tls: connect to mqtts://localhost:PORT: the server's certificate was refused (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
        "hint": "name the CA that issued it: --ca <file> (mqbench broker writes its own with --ca-out); --insecure does not verify at all"
       },
       {
        "id": "gone-quic@loopback",
        "status": "unsupported",
        "code": "MQB_UNSUPPORTED",
        "message": "the broker gone does not offer quic, but tcp",
        "hint": "mqbench gateway brings it to any broker that speaks TCP: terminator: gateway (for TLS also nginx)"
       },
       {
        "id": "stranger-quic@loopback",
        "status": "unsupported",
        "code": "MQB_UNSUPPORTED",
        "message": "the broker stranger does not offer quic, but tls",
        "hint": "mqbench gateway brings it to any broker that speaks TCP: terminator: gateway (for TLS also nginx)"
       }
      ]"
    `);
  });

  it.skipIf(noMosquitto)('leaves no process of a broker behind when it is killed', async ({ expect }) => {
    const folder = mkdtempSync(join(all, 'case-'));
    writeFileSync(join(folder, 'x.yaml'), scenario(['mosquitto'], 'repeat: 5\n'));
    const cli = startCli(['run', 'x.yaml', '--only', 'tcp'], { cwd: folder });
    await cli.sees('traffic');
    const broker = familyOf(cli.child.pid as number).find(({ command }) => command.includes('mosquitto -c'));
    expect(broker).toBeDefined();
    cli.child.kill('SIGKILL');
    await expect.poll(() => alive(broker?.pid as number)).toBe(false);
  });
});
