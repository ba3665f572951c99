import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { type Script, ScriptedBroker } from '../helpers/scripted-broker.js';

// Where it is known why something did not come through, that is told, and nobody is told to lower a rate.

const notAcknowledged = /\d+\/s were offered, 0\/s achieved: (.*; )?none of \d+ that were written was acknowledged/;

const silent: readonly (readonly [does: string, script: Script, more?: string])[] = [
  ['acknowledges nothing', ({ cmd }) => cmd === 'publish'],
  [
    'acknowledges packet ids that nobody used',
    (packet, peer) => {
      if (packet.cmd !== 'publish') return false;
      peer.write({ cmd: 'puback', messageId: (packet.messageId ?? 0) + 20_000 });
      return true;
    },
  ],
  [
    'answers QoS 2 with PUBACK',
    (packet, peer) => {
      if (packet.cmd !== 'publish') return false;
      peer.write({ cmd: 'puback', messageId: packet.messageId ?? 0 });
      return true;
    },
    '-q 2',
  ],
  [
    'cuts off who publishes',
    ({ cmd }, peer) => {
      if (cmd === 'publish') peer.end();
      return cmd === 'publish';
    },
  ],
];

describe.concurrent('no rate is called too high for a broker that', () => {
  it.for(silent)('%s', async ([, script, more = ''], { expect }) => {
    const broker = await ScriptedBroker.open(script);
    const line = `pub -h 127.0.0.1 -p ${broker.port} -t a -c 3 -q 1 -I 100ms --duration 1s --linger 200ms --workers 1 --quiet ${more}`;
    const { code, stdout } = await runCli(line.trim().split(' '));
    broker.close();
    expect(code).toBe(4);
    expect(stdout).toMatch(notAcknowledged);
    expect(stdout).toContain('not overload: see the errors by kind');
    expect(stdout).not.toMatch(/the path or the broker can carry|--linger, drain|reconnects/);
  });
});

/** All that is printed, but for the address and what the processes took. */
async function printed(port: number, line: string): Promise<string> {
  const { code, stdout } = await runCli(`${line} -h 127.0.0.1 -p ${port} -c 3 --workers 1 --quiet`.split(' '));
  const plain = stdout.replaceAll(`:${port}`, ':PORT').replace(/(?<=^Generator {2}).*/m, 'PROCESSES');
  return `exit code ${code}\n${plain}`;
}

it('nobody is let in because of what this port is: only the error is told', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).write('SSH-2.0-OpenSSH_9.2\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const said = await printed((server.address() as AddressInfo).port, 'conn --duration 1s');
  server.close();
  expect(said).toMatchInlineSnapshot(`
    "exit code 4
    Clients    0 of 3 connected
               3 failed tries
    Errors     3 × the peer answered as a server of SSH (MQB_PROTOCOL)
               → use the port of the broker
    Generator  PROCESSES
    Doubt ?1   0 of 3 clients connected
               → see the errors by kind: they say what keeps clients out
    Failed     the peer broke the protocol 3 times (MQB_PROTOCOL)
    Failed     no client connected
    "
  `);
});

it('every subscription is refused: only the error is told', async () => {
  const broker = await ScriptedBroker.open(({ cmd, messageId = 0 }, peer) => {
    if (cmd === 'subscribe') peer.write({ cmd: 'suback', messageId, granted: [0x80] });
    return cmd === 'subscribe';
  });
  const said = await printed(broker.port, 'sub -t a --duration 1s');
  broker.close();
  expect(said).toMatchInlineSnapshot(`
    "exit code 4
    Clients    0 of 3 connected
               3 failed tries
    Received   0
    Ledger     0 received, 0 duplicate, 0 out of order, 0 missing between the first and the last of each publisher
    Errors     3 × the broker mqtt://127.0.0.1:PORT refused SUBSCRIBE: failure (0x80) (MQB_SUBACK_128)
               → the access rules of the broker may forbid this topic to this user: see its log, -u, -P and -t
    Generator  PROCESSES
    Doubt ?1   0 of 3 clients connected
               → see the errors by kind: they say what keeps clients out
    Failed     3 subscriptions were refused (MQB_SUBACK_128)
    Failed     no client connected
    "
  `);
});

it.each([['conn -c 1 --duration 1s --expect'], ['run demo --dry-run --set']])(
  'a long expectation is not echoed whole: %s',
  async (line) => {
    const expectation = `${'a'.repeat(100_000)} < 1`;
    const value = line.endsWith('--set') ? `expect=["${expectation}"]` : expectation;
    const { code, stderr } = await runCli([...line.split(' '), value]);
    expect(code).toBe(2);
    expect(stderr).toContain('has 100004 characters; at most 1000 are taken');
    expect(stderr.length).toBeLessThan(500);
  },
);

it('a bare number of --connect-timeout is seconds, and -R 0 leaves the pace to -i', async () => {
  const broker = await ScriptedBroker.open(({ cmd }) => cmd === 'connect');
  const line = `conn -h 127.0.0.1 -p ${broker.port} -c 1 -R 0 -i 20 --connect-timeout 1 --workers 1 --duration 1s`;
  const { stdout, stderr } = await runCli(line.split(' '));
  broker.close();
  expect(stdout).toContain('within 1 s (MQB_NO_CONNACK)');
  expect(stderr).toContain('at 50/s');
});
