import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { Result } from '../../src/result/types.js';
import { runCli, startHere } from '../helpers/cli.js';
import { whole } from '../helpers/steady.js';

let broker: BrokerHandle;
let folder: string;
let at: string[];

beforeAll(async () => {
  broker = await startBroker({ listeners: { tcp: { port: 0 }, quic: { port: 0 } } });
  folder = mkdtempSync(join(tmpdir(), 'mqbench-identity-'));
  at = ['-h', '127.0.0.1', '-p', String(broker.ready.addresses.tcp?.port)];
});
afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

const result = (file: string): Result => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Result;

describe('client ids', { timeout: 60_000 }, () => {
  it('are of each run its own: two runs at once against one broker do not meet', async () => {
    const run = (file: string) =>
      runCli(['conn', ...at, ...`-c 3 -i 1 --duration 1500ms --json ${file}`.split(' ')], { cwd: folder });
    const [one, two] = await Promise.all([run('one.json'), run('two.json')]);
    expect([one.code, two.code]).toEqual([0, 0]);
    const prefixes = [one, two].map(({ stderr }) => /as (mqbench-conn-[a-z0-9]{4}-)0 to 2/.exec(stderr)?.[1]);
    expect(prefixes[0]).toBeDefined();
    expect(prefixes[0]).not.toBe(prefixes[1]);
    for (const file of ['one.json', 'two.json']) expect(result(file).cells[0]?.errors).toEqual([]);
  });

  it('are fixed by --prefix, and then a take-over is hinted at where the protocol cannot name it', async () => {
    const args = (duration: string) => [...at, ...`-c 2 -i 1 --prefix same- --duration ${duration}`.split(' ')];
    const first = startHere(['conn', ...args('60s'), '--workers', '1']);
    await first.sees('2 of 2 connected');
    expect((await runCli(['conn', ...args('200ms')])).code).toBe(0);
    expect(whole(await first.ended)).toMatchInlineSnapshot(`
      "exit code 4
      standard output:
      Clients    2 of 2 connected, asked 1,000/s, achieved RATE
      Latency
      Transport ready: 2
      CONNACK: 2
      CONNACK from dial: 2
      Errors     2 × the broker mqtt://127.0.0.1:PORT closed the connection (MQB_CLOSED)
                 → a broker also does so when another client connects with the same id: give each run ids of its own (leave --prefix out, or give another one); with -V 5 it names its reason
      Generator  PROCESSES
      Failed     2 of 2 clients were lost for good
      standard error:
      2 clients connect to mqtt://127.0.0.1:PORT (MQTT 3.1.1) at 1,000/s as same-0 to 1, for 1 m 0 s, from PROCESSES."
    `);
  });

  it.each([
    ['tcp', () => at],
    ['quic', () => ['-h', '127.0.0.1', '-p', String(broker.ready.addresses.quic?.port), '--quic', '--insecure']],
  ])('that two runs share let them throw each other out by turns: named, and neither passes (%s)', async (_, where) => {
    const run = (file: string) =>
      runCli(
        ['conn', ...where(), ...`-c 2 -i 1 --prefix twin- --reconnect 99 --duration 6s --json ${file}`.split(' ')],
        {
          cwd: folder,
        },
      );
    const files = ['twin.json', 'other.json'];
    for (const [i, { code, stdout }] of (await Promise.all(files.map(run))).entries()) {
      expect(stdout).toMatch(
        /^Failed {5}2 clients were thrown out again and again by another client with the same id \(MQB_THROWN_OUT\)$/m,
      );
      expect(stdout).toMatch(/2 × let in by the broker .* and thrown out again.*\n +→ give each run ids of its own/);
      expect(stdout).toMatch(/\d+ connections were lost, and no event was to disturb them/);
      expect(code).toBe(4);
      expect(result(files[i] as string).cells[0]?.doubts.map((doubt) => doubt.code)).toContain('connections-lost');
    }
  });

  it.each(['-C false', '--quic --insecure --tickets t'])('%s asks for fixed ids', async (flags) => {
    expect(whole(await runCli(['sub', '-t', 'a', ...flags.split(' ')], { cwd: folder }))).toMatchSnapshot();
  });

  it('with -C false are those that --prefix names', async () => {
    const args = ['sub', ...at, ...'-t a -c 1 -C false --prefix kept- --duration 200ms'.split(' ')];
    expect(whole(await runCli(args))).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Clients    1 of 1 connected
      Received   0
      Latency
      Transport ready: 1
      CONNACK: 1
      SUBACK: 1
      CONNACK from dial: 1
      Ledger     0 received, 0 duplicate, 0 out of order, 0 missing between the first and the last of each publisher
      Generator  PROCESSES
      standard error:
      1 client is to connect to mqtt://127.0.0.1:PORT (MQTT 3.1.1) at 100/s as kept-0, subscribe to a with QoS 0, for 200 ms, from PROCESSES."
    `);
  });
});

describe('a peer that ends a session', { timeout: 60_000 }, () => {
  let server: Server;
  let port: string;
  let answer: (socket: Socket) => void;

  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => answer(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = String((server.address() as { port: number }).port);
  });
  afterAll(() => server.close());
  const conn = (...more: string[]) =>
    runCli(['conn', ...`-h 127.0.0.1 -p ${port} -V 5 -c 1 --duration 600ms --quiet`.split(' '), ...more], {
      cwd: folder,
    });

  it('by a take-over (MQTT 5, 0x8E): named, with the remedy on the screen and in the result', async () => {
    answer = (socket) => {
      socket.write(Buffer.from([0x20, 3, 0, 0, 0]));
      setTimeout(() => socket.write(Buffer.from([0xe0, 2, 0x8e, 0])), 100);
    };
    expect(whole(await conn('--json', 'taken.json'))).toMatchInlineSnapshot(`
      "exit code 4
      standard output:
      Clients    1 of 1 connected
      Latency
      Transport ready: 1
      CONNACK: 1
      CONNACK from dial: 1
      Errors     1 × another client connected with the same client id: session taken over (0x8e) (MQB_TAKEN_OVER)
                 → give each run ids of its own: leave --prefix out, or give another one
      Generator  PROCESSES
      Failed     1 session was taken over by another client with the same id (MQB_TAKEN_OVER)
      Failed     1 of 1 client was lost for good"
    `);
    const again = await conn('--reconnect', '9');
    expect(again.stdout).toMatch(/^Failed {5}\d sessions? (was|were) taken over by another client/m);
    expect(again.code).toBe(4);
    expect(result('taken.json').cells[0]?.errors).toEqual([
      {
        code: 'MQB_TAKEN_OVER',
        message: 'another client connected with the same client id: session taken over (0x8e)',
        hint: 'give each run ids of its own: leave --prefix out, or give another one',
        count: 1,
      },
    ]);
  });

  it('with words that command a terminal: they are shown as text, in one line', async () => {
    const reason = Buffer.from('\u001b[31m\u001b]0;pwned\u0007\u001b[2J\nLedger     promise kept\u202e\u009b1A');
    answer = (socket) => {
      const properties = Buffer.concat([Buffer.from([0x1f, 0, reason.length]), reason]);
      socket.write(Buffer.concat([Buffer.from([0x20, 3 + properties.length, 0, 0x87, properties.length]), properties]));
    };
    expect(whole(await conn('--json', 'forged.json'))).toMatchInlineSnapshot(`
      "exit code 4
      standard output:
      Clients    0 of 1 connected
                 1 failed try
      Errors     1 × the broker mqtt://127.0.0.1:PORT refused CONNECT: not authorised (0x87): \\u001b[31m\\u001b]0;pwned\\u0007\\u001b[2J\\u000aLedger     promise kept\\u202e\\u009b1A (MQB_CONNACK_135)
                 → give the user name and password that this broker accepts: -u <name> -P <text>
      Generator  PROCESSES
      Failed     no client connected"
    `);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(result('forged.json').cells[0]?.errors[0]?.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });
});

describe('what clients met', () => {
  it('is told with what helps, on the screen and in the result', async () => {
    const args = '-h 127.0.0.1 -p 1 -c 2 -i 1 --duration 200ms --quiet --json refused.json'.split(' ');
    expect(whole(await runCli(['conn', ...args], { cwd: folder }))).toMatchInlineSnapshot(`
      "exit code 4
      standard output:
      Clients    0 of 2 connected
                 2 failed tries
      Errors     2 × connect to mqtt://127.0.0.1:1: refused by the host: nobody listens on that port (MQB_REFUSED)
                 → start the broker or correct the port
      Generator  PROCESSES
      Failed     no client connected"
    `);
    expect(result('refused.json').cells[0]?.errors[0]?.hint).toBe('start the broker or correct the port');
  });

  it.each([['-h', 'nowhere.invalid'], ['mqtt://nowhere.invalid'], ['nowhere.invalid'], ['nowhere-at-all:1883']])(
    'a name that nobody knows is a failure of the run, however it is given: %s %s',
    async (...where) => {
      const args = ['conn', ...where, ...'-c 1 --duration 2s --quiet'.split(' ')];
      const refused = await runCli(args);
      expect(refused.stderr).toMatch(/no host of the name "nowhere(-at-all|\.invalid)" is known here\n +→ /);
      expect(refused.code).toBe(4);
      const tried = await runCli([...args, '--num-retry-connect', '1']);
      expect(tried.stdout).toMatch(/the host name (is not known|could not be looked up) \(MQB_UNREACHABLE\)\n +→ /);
      expect(tried.stdout).toMatch(/^Failed {5}no client connected$/m);
      expect(tried.code).toBe(4);
    },
  );

  it('the address of a name is in the summary and in the result', async () => {
    const args = `-h localhost -p ${at[3]} --ifaddr 127.0.0.2 -c 3 -i 1 --duration 200ms --quiet --json named.json`;
    expect(whole(await runCli(['conn', ...args.split(' ')], { cwd: folder }))).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      Clients    3 of 3 connected, asked 1,000/s, achieved RATE
      Address    localhost at 127.0.0.1: 3 connections
      Latency
      Transport ready: 3
      CONNACK: 3
      CONNACK from dial: 3
      Generator  PROCESSES"
    `);
    expect(result('named.json').cells[0]?.addresses).toEqual([
      { host: 'localhost', address: '127.0.0.1', connections: 3, raced: 0 },
    ]);
  });

  it('a source address of another family than the host is bad usage', async () => {
    const args = 'conn -h 127.0.0.1 --ifaddr ::1 -c 1 --duration 1s';
    expect(whole(await runCli(args.split(' ')))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: --ifaddr: the source address ::1 is IPv6, and the host 127.0.0.1 is IPv4
        → give source addresses of the host’s family, or a name that has both"
    `);
  });
});
