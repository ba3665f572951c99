import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { words } from '../../src/cli/ab/builds.js';
import type { Result } from '../../src/result/types.js';
import { runCli, startHere } from '../helpers/cli.js';
import { whole } from '../helpers/steady.js';

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

const resultAt = (file: string): Result => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Result;

describe.concurrent('mqbench pubsub', () => {
  it('measures from end to end, keeps its books, judges expectations and writes JSON and CSV', async ({ expect }) => {
    const outcome = await runCli(
      [
        'pubsub',
        ...at,
        ...'--pattern fan-out --pubs 4 --subs 10 -R 100 --rate 100 -q 1 -F 10 --duration 1s --workers 2'.split(' '),
        ...['--expect', 'messages.missing == 0', '--json', 'r.json', '--csv', 'r.csv'],
      ],
      { cwd: folder },
    );
    expect(whole(outcome)).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Clients    14 of 14 connected, asked 100/s, achieved RATE
      Messages   asked 100/s, achieved RATE acknowledged
      Received   1,000, RATE
      Latency
      Transport ready: 14
      CONNACK: 14
      Subscriber SUBACK: 10
      CONNACK from dial: 14
      PUBLISH to PUBACK: 100
      Written to PUBACK: 100
      Delivered: 1,000
      Longest silence: 10
      Ledger     QoS 1: 100 offered, 100 sent, 0 again, 100 acknowledged, 1,000 received, 0 duplicate, 0 out of order, 0 missing: promise kept
      Generator  PROCESSES
      Expected   held    messages.missing == 0: tcp: 0, asked == 0
      standard error:
      14 clients connect to mqtt://127.0.0.1:PORT (MQTT 3.1.1) at 100/s as mqbench-pubsub-RUN-0 to 13, 10 subscribe to mqbench/out/# with QoS 1, 4 publish 256 B to mqbench/out/%i with QoS 1 at 100/s in all, for 1.00 s, from PROCESSES."
    `);
    const result = resultAt('r.json');
    expect(result.cells[0]?.metrics.values['messages.received']).toBe(1_000);
    expect(result.expectations[0]?.outcome).toBe('held');
    const { series = {} } = result.cells[0]?.timeline ?? {};
    const sum = (name: string): number => (series[name] ?? []).reduce((a, b) => a + b, 0);
    expect(['offered', 'sent', 'acknowledged', 'received'].map(sum)).toEqual([100, 100, 100, 1_000]);
    expect(readFileSync(join(folder, 'r.csv'), 'utf8')).toMatch(/received,\d+/);
    // What the generator and the machine did meanwhile, for the doubts about them.
    const phases = result.cells[0]?.phases ?? [];
    expect(phases.map(({ name }) => name)).toEqual(['connect', 'traffic', 'drain']);
    const [load] = phases[1]?.resources ?? [];
    expect(load).toMatchObject({ role: 'load', processes: 2 });
    expect(load?.busiestMicros).toBeLessThanOrEqual((load?.cpuUserMicros ?? 0) + (load?.cpuSystemMicros ?? 0));
    expect(phases[1]?.machine?.totalMicros).toBeGreaterThan(1e6); // 1 s of one processor at least
  });

  it.for([
    ['is missed', 'delivery.e2e.p50 < 1us'],
    ['has no data', 'reconnect.connack.p95 < 1s'],
  ] as const)('exits with 10 when an expectation %s', async ([, expectation], { expect }) => {
    const topic = `expected/${expectation.length}/%i`; // one broker serves both
    const args = ['pubsub', ...at, '-t', topic, ...'--pubs 2 -i 1 --rate 20 --duration 500ms --quiet'.split(' ')];
    expect(whole(await runCli([...args, '--expect', expectation]))).toMatchSnapshot();
  });
});

describe('mqbench pub', () => {
  it.concurrent.for([
    ['open loop', '--rate 500 -q 1 -F 5'],
    ['closed loop', '--closed-loop -q 1 -F 5'],
    ['closed loop of QoS 0', '--closed-loop -q 0'],
    ['bursts', '--rate 500 --burst 50 -q 2 -F 5'],
  ] as const)('ends after exactly --limit messages (%s)', async ([name, flags], { expect }) => {
    const topic = `limit/${name.replaceAll(' ', '-')}`;
    let came = 0;
    const listener = await mqtt.connectAsync(`mqtt://127.0.0.1:${at[3]}`);
    listener.on('message', () => came++);
    await listener.subscribeAsync(`${topic}/#`);
    const args = `-t ${topic}/%c/%s -c 7 -i 1 -L 333 ${flags} --quiet --workers 2`.split(' ');
    expect(whole(await runCli(['pub', ...at, ...args]))).toMatchSnapshot();
    await expect.poll(() => came).toBeGreaterThanOrEqual(333);
    await listener.endAsync();
    expect(came).toBe(333);
  });

  it('a limit ends a closed loop before its --duration, and rates are over the time until then', async () => {
    const args = '-t a -c 2 -i 1 --closed-loop -q 1 -F 5 -L 400 --duration 50s --quiet --json limit.json'.split(' ');
    const outcome = await runCli(['pub', ...at, ...args], { cwd: folder });
    expect(whole(outcome)).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Clients    2 of 2 connected, asked 1,000/s, achieved RATE
      Messages   closed loop, achieved RATE acknowledged
      Latency
      Transport ready: 2
      CONNACK: 2
      CONNACK from dial: 2
      PUBLISH to PUBACK: 400
      Written to PUBACK: 400
      Ledger     QoS 1: 400 offered, 400 sent, 0 again, 400 acknowledged: no subscriber in this run
      Generator  PROCESSES"
    `);
    expect(outcome.tookMs).toBeLessThan(30_000);
    // By Little's law there were so many in flight on average, of 10 at most. Over the time until the next look at the
    // books, which comes up to 200 ms later, it would be one or less where a round trip takes a millisecond.
    const { values, distributions } = resultAt('limit.json').cells[0]?.metrics ?? {};
    const inFlight = (values?.['rate.achieved'] ?? 0) * ((distributions?.['publish.ack']?.mean ?? 0) / 1e6);
    expect(inFlight).toBeGreaterThan(2);
  });

  it('of few messages the rate asked is the one of the flags', async () => {
    const { stdout } = await runCli(['pub', ...at, ...'-t a -c 1 --rate 5 -L 2 --quiet'.split(' ')]);
    expect(stdout.split('\n')).toContain('Messages   asked 5/s, achieved 5/s written');
  });

  it('ends when every client has given up, however long it was to last', async () => {
    const victim = await startBroker({ listeners: { tcp: { port: 0 } } });
    const port = String(victim.ready.addresses.tcp?.port);
    const cli = startHere(['pub', '-h', '127.0.0.1', '-p', port, ...'-t a -c 3 -i 1 -q 1 --duration 10m'.split(' ')]);
    await cli.sees('3 of 3 connected');
    await victim.close();
    const { code, stdout, tookMs } = await cli.ended;
    expect(tookMs).toBeLessThan(40_000);
    expect(stdout).toMatch(/offered.*sent/);
    expect(code).toBe(4);
  });

  it('says what was asked and what was achieved', async () => {
    const { stdout } = await runCli(['pub', ...at, ...'-t a -c 10 -i 1 -I 20 -q 1 --duration 1s --quiet'.split(' ')]);
    const achieved = Number(/asked 500\/s, achieved (\d+)\/s acknowledged/.exec(stdout)?.[1]);
    // What a busy machine acknowledges only after the second of publishing is no part of the rate, and is told.
    const late = Number(/(\d+) of 500 publishes were acknowledged only after/.exec(stdout)?.[1] ?? 0);
    expect(Math.abs(achieved - (500 - late))).toBeLessThan(10);
  });
});

describe('a rate in stages', () => {
  it('says them, offers what lies under them, and ends with the last', async () => {
    const args = '-t s/%c -c 5 -i 1 -q 1 --stages 500ms:80,500ms:80,0s:20,1s:20';
    const { code, stdout, stderr } = await runCli(['pub', ...at, ...args.split(' ')]);
    expect(code).toBe(0);
    expect(`${stdout}${stderr}`.replace(/\s+/g, ' ')).toContain(
      'in stages: up to 80/s over 500 ms, 80/s for 500 ms, at once 20/s, 20/s for 1.00 s',
    );
    expect(stdout).toMatch(/QoS 1: 80 offered, 80 sent, 0 again, 80 acknowledged/);
  });

  it.for(['--rate 5', '-I 10', '--ramp 0,1s', '--closed-loop', '--stages 1s:5,x:9', '--stages 1s:0'])(
    'is refused with %s',
    async (other) => {
      const given = other.startsWith('--stages') ? other : `--stages 1s:5 ${other}`;
      expect(whole(await runCli(['pub', ...at, ...`-t s -c 1 ${given}`.split(' ')]))).toMatchSnapshot();
    },
  );
});

describe('a random wait before the first message', () => {
  it('moves what is due, is no lateness, and loses nothing of the limit', async () => {
    const args = '-t w/%c -c 20 -i 1 -I 100 -q 1 -L 100 --min-random-wait 100 --max-random-wait 600 --quiet';
    expect(whole(await runCli(['pub', ...at, ...args.split(' ')]))).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Clients    20 of 20 connected, asked 1,000/s, achieved RATE
      Messages   asked 90.9/s, achieved RATE acknowledged
      Latency
      Transport ready: 20
      CONNACK: 20
      CONNACK from dial: 20
      PUBLISH to PUBACK: 100
      Written to PUBACK: 100
      Ledger     QoS 1: 100 offered, 100 sent, 0 again, 100 acknowledged: no subscriber in this run
      Generator  PROCESSES"
    `);
  });
});

describe.concurrent('mqbench conn', () => {
  it('prints its result as JSON with a bare --json, also before the URL', async ({ expect }) => {
    const line = `conn -c 2 -i 1 --duration 100ms --quiet --json mqtt://127.0.0.1:${at[3]}`;
    const { stdout, code } = await runCli(line.split(' '), { cwd: folder });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'mqbench-result', scenario: { name: 'conn' } });
  });

  it('lets clients come and go, and measures every return', async ({ expect }) => {
    const { code, stdout } = await runCli([
      'conn',
      ...at,
      ...'-c 20 -R 200 --stay 200ms --away 100ms --duration 1s --quiet'.split(' '),
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\d+ times a client left on purpose/);
    expect(stdout).toMatch(/^ {2}Back after /m);
  });

  it.for([
    ['without a length runs until Ctrl-C, which is then no interruption', ''],
    ['with a length is interrupted by it: exit 5, with what was measured', ' --duration 60s'],
  ] as const)('%s', async ([, length], { expect }) => {
    const cli = startHere(['conn', ...at, ...`-c 3 -i 1 --workers 1${length}`.split(' ')]);
    await cli.sees('3 of 3 connected');
    cli.interrupt();
    expect(whole(await cli.ended)).toMatchSnapshot();
  });
});

describe('an interrupt while publishing', () => {
  it('ends the run at once, not at its planned end, with a complete ledger', async () => {
    const cli = startHere(['pubsub', ...at, ...'--pubs 5 --rate 50 -q 1 -F 5 -i 1 --duration 60s'.split(' ')]);
    await cli.sees(/\d\/s acknowledged/);
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
    const sub = startHere(['sub', ...at, ...'-t feed/# -c 1 --workers 1'.split(' ')]);
    await sub.sees('1 of 1 connected');
    const feeds = ['good -L 50', 'bad -L 30 -m garbage', 'more -L 50'];
    const pub = (feed: string) => runCli(['pub', ...at, ...`-c 1 --rate 200 --quiet -t feed/${feed}`.split(' ')]);
    await Promise.all(feeds.map(pub));
    // However slow the machine is: it ends when the broker has handed out all.
    await expect.poll(async () => (await broker.stats()).publishesDelivered - before, { timeout: 30_000 }).toBe(130);
    sub.interrupt();
    expect(whole(await sub.ended)).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Clients    1 of 1 connected
      Received   130, RATE from the first to the last
                 30 without a stamp of mqbench: counted, not measured
      Latency
      Transport ready: 1
      CONNACK: 1
      SUBACK: 1
      CONNACK from dial: 1
      Delivered: 100
      Ledger     130 received, 0 duplicate, 0 out of order, 0 missing between the first and the last of each publisher
      Generator  PROCESSES
      Note       no end-to-end latency for 30 messages without a stamp: mqbench pub puts one into payloads of its own making from 20 B; with -V 5 --stamp property on both sides any payload is measured
      standard error:
      1 client is to connect to mqtt://127.0.0.1:PORT (MQTT 3.1.1) at 100/s as mqbench-sub-RUN-0, subscribe to feed/# with QoS 0, until Ctrl-C, from PROCESSES."
    `);
  });
});

describe('mqbench sub with several topics', () => {
  it('hears each of them, and nothing else', async () => {
    const topics = '-t several/a -t several/%i/b -c 2 -i 1 -q 1 --workers 1';
    const sub = startHere(['sub', ...at, ...topics.split(' ')]);
    await sub.sees('2 of 2 connected');
    const before = (await broker.stats()).publishesDelivered;
    const send = mqtt.connect(`mqtt://127.0.0.1:${at[3]}`);
    for (const topic of ['several/a', 'several/0/b', 'several/1/b', 'several/c']) {
      await send.publishAsync(topic, 'x', { qos: 1 });
    }
    await send.endAsync();
    await expect.poll(async () => (await broker.stats()).publishesDelivered - before, { timeout: 30_000 }).toBe(4);
    sub.interrupt();
    expect(whole(await sub.ended)).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Clients    2 of 2 connected, asked 1,000/s, achieved RATE
      Received   4, RATE from the first to the last
                 4 without a stamp of mqbench: counted, not measured
      Latency
      Transport ready: 2
      CONNACK: 2
      SUBACK: 2
      CONNACK from dial: 2
      Ledger     4 received, 0 duplicate, 0 out of order, 0 missing between the first and the last of each publisher
      Generator  PROCESSES
      Note       no end-to-end latency for 4 messages without a stamp: mqbench pub puts one into payloads of its own making from 20 B; with -V 5 --stamp property on both sides any payload is measured
      standard error:
      2 clients connect to mqtt://127.0.0.1:PORT (MQTT 3.1.1) at 1,000/s as mqbench-sub-RUN-0 to 1, subscribe to several/a, several/%i/b with QoS 1, until Ctrl-C, from PROCESSES."
    `);
  });
});

describe('trouble', () => {
  it('nobody listens: exit 4, with the address and the remedy in words', async () => {
    const server: Server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const args = `conn -h 127.0.0.1 -p ${port} -c 5 -i 1 --duration 5s --quiet`;
    expect(whole(await runCli(args.split(' ')))).toMatchInlineSnapshot(`
      "exit code 4
      standard output:
      Clients    0 of 5 connected
                 5 failed tries
      Errors     5 × connect to mqtt://127.0.0.1:PORT: refused by the host: nobody listens on that port (MQB_REFUSED)
                 → start the broker or correct the port
      Generator  PROCESSES
      Failed     no client connected"
    `);
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
    await cli.sees('5 of 5 connected');
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
  });

  it.each([
    'pub -t a --trasport tcp',
    'pubsub -t a -c 4',
    'pubsub -t a -c4',
    'pubsub -t a --count=4',
    'pub -t a --pubs 3',
    'sub -t a --rate 5',
    'conn -s10',
    'conn -Z',
    'conn --cert a.pem --key a.key',
    'conn --ssl-version tlsv1.2',
    'conn --ca a.pem --servername b',
    'conn --quic --cc foo',
    'pub -t a --quic -p 1883',
    'pub -t a --quic --ws',
    'pub -t a/#',
    'pub -t a -t b',
    'pub -t a --min-random-wait 9 --max-random-wait 5',
    'pub -t a --closed-loop --max-random-wait 5',
    'pub',
    'sub -t a --rcv-max 5',
    'pub -t a -k 0 --reconnect 3',
    'pub -t a --rate 5 -I 10',
    'conn --expect "connect.conack.p95 < 1s"',
    'conn --json /nonexistent/r.json',
    'conn mqtt://localhost -p 1884',
    'sub -t a/#/b --duration 0 --ifaddr x -P p --linger 9999h -h a:1',
    'sub -t a -h a:1',
    'conn -h "a b"',
    'conn -h localhost,300.1.1.1',
    'conn mqtt://300.1.1.1',
    'sub -t a package.json',
    'conn --prometheus nonsense',
    'conn mqtt://u:p%@h',
  ])('%s: exit 2, before anything starts', async (line) => {
    expect(whole(await runCli(words(line)))).toMatchSnapshot();
  });
});
