import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { Result } from '../../src/result/types.js';
import { runCli, startCli, startHere } from '../helpers/cli.js';

let broker: BrokerHandle;
let folder: string;
let at: string[];

beforeAll(async () => {
  broker = await startBroker({ listeners: { tcp: { port: 0 } } });
  folder = mkdtempSync(join(tmpdir(), 'mqbench-load-'));
  at = ['-h', '127.0.0.1', '-p', String(broker.ready.addresses.tcp?.port)];
});
afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

describe('mqbench pubsub', () => {
  it('measures from end to end, keeps its books, judges expectations and writes JSON and CSV', async () => {
    const { code, stdout, stderr } = await runCli(
      [
        'pubsub',
        ...at,
        ...'--pattern fan-out --pubs 4 --subs 10 -R 100 --rate 100 -q 1 -F 10 --duration 2s --workers 2'.split(' '),
        ...['--expect', 'messages.missing == 0', '--json', 'r.json', '--csv', 'r.csv'],
      ],
      { cwd: folder },
    );
    expect(stderr).toContain('14 clients connect to');
    expect(stdout).toMatch(
      /QoS 1: 200 offered, 200 sent, 0 again, 200 acknowledged, 2,000 received, 0 duplicate, 0 out of order, 0 missing: promise kept/,
    );
    expect(stdout).toMatch(/publish due → received .* 2,000\n/);
    expect(stdout).toContain('held    messages.missing == 0');
    expect(code).toBe(0);
    const result = JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8')) as Result;
    expect(result.cells[0]?.metrics.values['messages.received']).toBe(2_000);
    expect(result.expectations[0]?.outcome).toBe('held');
    const { series = {} } = result.cells[0]?.timeline ?? {};
    const sum = (name: string): number => (series[name] ?? []).reduce((a, b) => a + b, 0);
    expect(['offered', 'sent', 'acknowledged', 'received'].map(sum)).toEqual([200, 200, 200, 2_000]);
    expect(readFileSync(join(folder, 'r.csv'), 'utf8')).toMatch(/received,\d+/);
    // What the generator and the machine did meanwhile, for the doubts about them.
    const phases = result.cells[0]?.phases ?? [];
    expect(phases.map(({ name }) => name)).toEqual(['connect', 'traffic', 'drain']);
    const [load] = phases[1]?.resources ?? [];
    expect(load).toMatchObject({ role: 'load', processes: 2 });
    expect(load?.busiestMicros).toBeLessThanOrEqual((load?.cpuUserMicros ?? 0) + (load?.cpuSystemMicros ?? 0));
    expect(phases[1]?.machine?.totalMicros).toBeGreaterThan(2e6); // 2 s of one processor at least
  });

  it('exits with 10 when an expectation is missed, and when there is no data for it', async () => {
    const common = ['pubsub', ...at, ...'--pubs 2 --rate 10 --duration 1s --quiet'.split(' ')];
    const missed = await runCli([...common, '--expect', 'delivery.e2e.p50 < 1us']);
    expect([missed.code, missed.stdout.includes('MISSED')]).toEqual([10, true]);
    const noData = await runCli([...common, '--expect', 'reconnect.connack.p95 < 1s']);
    expect([noData.code, noData.stdout.includes('NO DATA')]).toEqual([10, true]);
  });
});

describe('mqbench pub', () => {
  it.each([
    ['open loop', '--rate 500 -q 1 -F 5'],
    ['closed loop', '--closed-loop -q 1 -F 5'],
    ['closed loop of QoS 0', '--closed-loop -q 0'],
    ['bursts', '--rate 500 --burst 50 -q 2 -F 5'],
  ])('ends after exactly --limit messages (%s)', async (_, flags) => {
    const before = (await broker.stats()).publishesReceived;
    const { code, stdout } = await runCli([
      'pub',
      ...at,
      '-t',
      'limit/%c/%s',
      '-c',
      '7',
      '-i',
      '1',
      '-L',
      '333',
      ...flags.split(' '),
      '--quiet',
      '--workers',
      '2',
    ]);
    expect(stdout).toContain('333 sent');
    expect(code).toBe(0);
    expect((await broker.stats()).publishesReceived - before).toBe(333);
  });

  it('a limit ends a closed loop before its --duration, and rates are over the time until then', async () => {
    const { code, stdout, tookMs } = await runCli([
      'pub',
      ...at,
      ...'-t a -c 2 -i 1 --closed-loop -q 1 -F 5 -L 20 --duration 50s --quiet'.split(' '),
    ]);
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(30_000);
    expect(stdout).toContain('20 offered, 20 sent, 0 again, 20 acknowledged');
    // 20 messages to loopback take milliseconds, not the half second until the next look at the books.
    expect(Number(/achieved ([\d,]+)\/s/.exec(stdout)?.[1]?.replace(',', ''))).toBeGreaterThan(60);
  });

  it('of few messages the rate asked is the one of the flags', async () => {
    const { stdout } = await runCli(['pub', ...at, ...'-t a -c 1 --rate 5 -L 2 --quiet'.split(' ')]);
    expect(stdout).toContain('asked 5/s, achieved 5/s written');
  });

  it('ends when every client has given up, however long it was to last', async () => {
    const victim = await startBroker({ listeners: { tcp: { port: 0 } } });
    const port = String(victim.ready.addresses.tcp?.port);
    const cli = startHere(['pub', '-h', '127.0.0.1', '-p', port, ...'-t a -c 3 -i 1 -q 1 --duration 10m'.split(' ')]);
    await cli.sees('connected 3/3');
    await victim.close();
    const { code, stdout, tookMs } = await cli.ended;
    expect(tookMs).toBeLessThan(40_000);
    expect(stdout).toMatch(/offered.*sent/);
    expect(code).toBe(4);
  });

  it('says what was asked and what was achieved', async () => {
    const { stdout } = await runCli(['pub', ...at, ...'-t a -c 10 -i 1 -I 20 -q 1 --duration 1s --quiet'.split(' ')]);
    expect(stdout).toMatch(/asked 500\/s, achieved (49\d|50\d)\/s acknowledged/);
  });
});

describe('a random wait before the first message', () => {
  it('moves what is due, is no lateness, and loses nothing of the limit', async () => {
    const { code, stdout } = await runCli([
      'pub',
      ...at,
      ...'-t w/%c -c 20 -i 1 -I 100 -q 1 -L 100 --min-random-wait 100 --max-random-wait 600 --quiet'.split(' '),
    ]);
    expect(stdout).toContain('100 offered, 100 sent, 0 again, 100 acknowledged');
    expect(code).toBe(0);
  });
});

describe('mqbench conn', () => {
  it('lets clients come and go, and measures every return', async () => {
    const { code, stdout } = await runCli([
      'conn',
      ...at,
      ...'-c 20 -R 200 --stay 200ms --away 100ms --duration 2s --quiet'.split(' '),
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\d+ times a client left on purpose/);
    expect(stdout).toMatch(/cut → CONNACK/);
  });

  it('runs until Ctrl-C, which is then no interruption', async () => {
    const cli = startHere(['conn', ...at, '-c', '3', '-i', '1']);
    await cli.sees('connected 3/3');
    cli.interrupt();
    const { code, stdout } = await cli.ended;
    expect(stdout).toContain('3 of 3 connected');
    expect(code).toBe(0);
  });

  it('is interrupted when it was to last longer: exit 5, with what was measured', async () => {
    const cli = startCli(['conn', ...at, '-c', '3', '-i', '1', '--duration', '60s']);
    await cli.sees('connected 3/3');
    cli.child.kill('SIGINT');
    const { code, stdout } = await cli.ended;
    expect(stdout).toContain('3 of 3 connected');
    expect(code).toBe(5);
  });
});

describe('an interrupt while publishing', () => {
  it('ends the run at once, not at its planned end, with a complete ledger', async () => {
    const cli = startHere(['pubsub', ...at, ...'--pubs 5 --rate 50 -q 1 -F 5 -i 1 --duration 60s'.split(' ')]);
    await cli.sees(/acked \d/);
    const began = performance.now();
    cli.interrupt();
    const { code, stdout } = await cli.ended;
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(stdout).toMatch(/0 missing: promise kept/);
    expect(code).toBe(5);
  });
});

describe('mqbench sub', () => {
  it('counts what other processes publish, garbage included, and goes on', async () => {
    const before = (await broker.stats()).publishesDelivered;
    const sub = startHere(['sub', ...at, '-t', 'feed/#', '-c', '1']);
    await sub.sees('connected 1/1');
    await runCli(['pub', ...at, '-t', 'feed/good', '-c', '1', '-L', '50', '--rate', '200', '--quiet']);
    await runCli(['pub', ...at, '-t', 'feed/bad', '-c', '1', '-L', '30', '--rate', '200', '-m', 'garbage', '--quiet']);
    await runCli(['pub', ...at, '-t', 'feed/good', '-c', '1', '-L', '50', '--rate', '200', '--quiet']);
    // However slow the machine is: it ends when the broker has handed out all.
    await expect.poll(async () => (await broker.stats()).publishesDelivered - before, { timeout: 30_000 }).toBe(130);
    sub.interrupt();
    const { code, stdout } = await sub.ended;
    expect(stdout).toContain('Received   130');
    expect(stdout).toContain('30 without a stamp of mqbench');
    expect(stdout).toMatch(/publish due → received .* 100\n/);
    expect(code).toBe(0);
  });
});

describe('mqbench sub with several topics', () => {
  it('hears each of them, and nothing else', async () => {
    const sub = startHere(['sub', ...at, '-t', 'several/a', '-t', 'several/%i/b', '-c', '2', '-i', '1', '-q', '1']);
    await sub.sees('connected 2/2');
    const before = (await broker.stats()).publishesDelivered;
    const send = mqtt.connect(`mqtt://127.0.0.1:${at[3]}`);
    for (const topic of ['several/a', 'several/0/b', 'several/1/b', 'several/c']) {
      await send.publishAsync(topic, 'x', { qos: 1 });
    }
    await send.endAsync();
    await expect.poll(async () => (await broker.stats()).publishesDelivered - before, { timeout: 30_000 }).toBe(4);
    sub.interrupt();
    const { stdout } = await sub.ended;
    expect(stdout).toContain('Received   4');
  });
});

describe('trouble', () => {
  it('nobody listens: exit 4, with the address and the remedy in words', async () => {
    const server: Server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const { code, stdout } = await runCli([
      'conn',
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-c',
      '5',
      '-i',
      '1',
      '--duration',
      '5s',
      '--quiet',
    ]);
    expect(code).toBe(4);
    expect(stdout).toMatch(/5 × connect to mqtt:\/\/127\.0\.0\.1:\d+: refused by the host/);
  });

  it('the broker dies in the middle: with --reconnect clients try, and without anything back it is exit 4', async () => {
    const victim = await startBroker({ listeners: { tcp: { port: 0 } } });
    const port = String(victim.ready.addresses.tcp?.port);
    const cli = startHere([
      'pub',
      '-h',
      '127.0.0.1',
      '-p',
      port,
      ...'-t a -c 5 -i 1 -I 20 -q 1 --reconnect 2 --duration 5s --linger 1s'.split(' '),
    ]);
    await cli.sees('connected 5/5');
    await victim.close();
    const { code, stdout } = await cli.ended;
    expect(code).toBe(4);
    // Some see the FIN, some a reset, depending on what was on its way.
    const cut = [
      ...stdout.matchAll(
        /(\d) × (?:the broker|connection to) \S+ (?:closed the connection|lost:)[^\n]*\(MQB_(?:CLOSED|LOST)\)/g,
      ),
    ];
    expect(cut.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(5);
    expect(stdout).toMatch(/\d+ × connect to .* refused by the host/);
    expect(stdout).toContain('offered');
  });

  it.each([
    [['pub', '-t', 'a', '--trasport', 'tcp'], /Did you mean --transport/],
    [['pub', '-t', 'a', '--quic', '-p', '1883'], /QUIC listens on 14567\/udp/],
    [['pub', '-t', 'a', '--quic', '--ws'], /two transports/],
    [['pub', '-t', 'a/#'], /wildcard/],
    [['pub', '-t', 'a', '-t', 'b'], /pub publishes to one -t, and this names 2/],
    [['pub', '-t', 'a', '--min-random-wait', '9', '--max-random-wait', '5'], /below --min-random-wait/],
    [['pub', '-t', 'a', '--closed-loop', '--max-random-wait', '5'], /no due times/],
    [['pub'], /needs a topic/],
    [['sub', '-t', 'a', '--rcv-max', '5'], /--rcv-max is of MQTT 5/],
    [['pub', '-t', 'a', '-k', '0', '--reconnect', '3'], /without keepalive .* never notices/],
    [['pub', '-t', 'a', '--rate', '5', '-I', '10'], /--rate is for all clients together/],
    [['pub', '-t', 'a', '-q', '3'], /"3" is not a QoS/],
    [['conn', '--expect', 'connect.conack.p95 < 1s'], /connect\.conack/],
    [['conn', '--json', '/nonexistent/r.json'], /cannot write \/nonexistent/],
    [['conn', 'mqtt://localhost', '-p', '1884'], /name the broker twice/],
    [
      ['sub', '-t', 'a/#/b', '--duration', '0', '--ifaddr', 'x', '-P', 'p', '--linger', '9999h', '-h', 'a:1'],
      /--linger is more than 24 days.*--duration 0 measures nothing.*--ifaddr "x" is not.*"a\/#\/b".*-P without -u/s,
    ],
    [['sub', '-t', 'a', '-h', 'a:1'], /-h "a:1" is not a host/],
    [['conn', '--prometheus', 'nonsense'], /"nonsense" is not an address/],
    [['conn', 'mqtt://u:p%@h'], /is not the URL of a broker: it cannot be read/],
  ] as [string[], RegExp][])('%j: exit 2, before anything starts', async (args, says) => {
    const { code, stderr, tookMs } = await runCli(args);
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
    expect(tookMs).toBeLessThan(10_000);
  });
});
