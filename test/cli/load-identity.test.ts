import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { Result } from '../../src/result/types.js';
import { runCli } from '../helpers/cli.js';

let broker: BrokerHandle;
let folder: string;
let at: string[];

beforeAll(async () => {
  broker = await startBroker({ listeners: { tcp: { port: 0 } } });
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
    const run = (duration: string) =>
      runCli(['conn', ...at, ...`-c 2 -i 1 --prefix same- --duration ${duration} --quiet`.split(' ')]);
    const first = run('4s');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const second = await run('500ms');
    expect(second.code).toBe(0);
    const { code, stdout } = await first;
    expect(code).toBe(4);
    expect(stdout).toMatch(
      /2 × the broker .* closed the connection \(MQB_CLOSED\)\n +→ .*another client connects with the same id/,
    );
  });

  it.each([
    ['-C false', /-C false keeps sessions for a later run, and client ids differ from run to run/],
    ['--quic --insecure --tickets t', /--tickets keeps tickets by client id for a later run/],
  ])('%s asks for fixed ids', async (flags, says) => {
    const { code, stderr } = await runCli(['sub', '-t', 'a', ...flags.split(' ')], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
    expect(stderr).toContain('--prefix mqbench-sub-');
  });

  it('with -C false are those that --prefix names', async () => {
    const args = ['sub', ...at, ...'-t a -c 1 -C false --prefix kept- --duration 200ms'.split(' ')];
    const { code, stderr } = await runCli(args);
    expect(code).toBe(0);
    expect(stderr).toContain(' as kept-0');
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
    const { stdout } = await conn('--json', 'taken.json');
    expect(stdout).toContain(
      '1 × another client connected with the same client id: session taken over (0x8e) (MQB_TAKEN_OVER)',
    );
    expect(stdout).toContain('→ give each run ids of its own');
    expect(result('taken.json').cells[0]?.errors).toEqual([
      {
        code: 'MQB_TAKEN_OVER',
        message: 'another client connected with the same client id: session taken over (0x8e)',
        hint: expect.stringContaining('--prefix'),
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
    const { code, stdout, stderr } = await conn('--json', 'forged.json');
    expect(code).toBe(4);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(stdout).toContain(
      '\\u001b[31m\\u001b]0;pwned\\u0007\\u001b[2J\\u000aLedger     promise kept\\u202e\\u009b1A',
    );
    expect(stdout).not.toMatch(/^Ledger/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(result('forged.json').cells[0]?.errors[0]?.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });
});

describe('what clients met', () => {
  it('is told with what helps, on the screen and in the result', async () => {
    const { code, stdout } = await runCli(
      ['conn', ...'-h 127.0.0.1 -p 1 -c 2 -i 1 --duration 200ms --quiet --json refused.json'.split(' ')],
      { cwd: folder },
    );
    expect(code).toBe(4);
    expect(stdout).toMatch(
      /2 × connect to mqtt:\/\/127\.0\.0\.1:1: refused by the host.* \(MQB_REFUSED\)\n +→ start the broker or correct the port/,
    );
    expect(result('refused.json').cells[0]?.errors[0]?.hint).toBe('start the broker or correct the port');
  });

  it('the address of a name is in the summary and in the result', async () => {
    const { code, stdout } = await runCli(
      [
        'conn',
        ...`-h localhost -p ${at[3]} --ifaddr 127.0.0.2 -c 3 -i 1 --duration 200ms --quiet --json named.json`.split(
          ' ',
        ),
      ],
      { cwd: folder },
    );
    expect(code).toBe(0);
    expect(stdout).toContain('Address    localhost at 127.0.0.1: 3 connections');
    expect(result('named.json').cells[0]?.addresses).toEqual([
      { host: 'localhost', address: '127.0.0.1', connections: 3, raced: 0 },
    ]);
  });

  it('a source address of another family than the host is bad usage', async () => {
    const { code, stderr } = await runCli([
      'conn',
      '-h',
      '127.0.0.1',
      '--ifaddr',
      '::1',
      '-c',
      '1',
      '--duration',
      '1s',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('--ifaddr: the source address ::1 is IPv6, and the host 127.0.0.1 is IPv4');
  });
});
