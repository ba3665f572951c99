import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { ScriptedBroker } from '../helpers/scripted-broker.js';
import { whole } from '../helpers/steady.js';

// A server that lets three clients in, cuts two of them off after a second, and never answers a publish.

const mostMillis = 1_000;
let server: Server;

beforeAll(async () => {
  const ended = new Set<Socket>();
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (chunk[0] !== 0x10) return;
      socket.write(Buffer.from([0x20, 2, 0, 0]));
      if (chunk.includes('warm-up') || ended.size === 2) return;
      ended.add(socket);
      setTimeout(() => socket.destroy(), mostMillis);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

it('pub fails when clients were lost for good, says how many and when, and leaves out nothing that was due to them', async () => {
  const { port } = server.address() as AddressInfo;
  const args = `pub -h 127.0.0.1 -p ${port} -t a -c 3 -R 100 -q 1 -I 200 --duration 2s --linger 200ms --quiet`;
  const outcome = await runCli(args.split(' '));
  expect(whole(outcome)).toMatchInlineSnapshot(`
    "exit code 4
    standard output:
    Clients    3 of 3 connected, asked 100/s, achieved RATE
    Messages   asked 15/s, achieved RATE acknowledged, 30 outstanding at the end
    Latency
    Transport ready: 3
    CONNACK: 3
    CONNACK from dial: 3
    PUBLISH to PUBACK: 30, some not over
    Written to PUBACK: 3, some not over
    Ledger     QoS 1: 30 offered, 3 sent, 0 again, 0 acknowledged: no subscriber in this run
    Errors     2 × the broker mqtt://127.0.0.1:PORT closed the connection (MQB_CLOSED)
               → a broker also does so when another client connects with the same id: give each run ids of its own (leave --prefix out, or give another one); with -V 5 it names its reason
    Generator  PROCESSES
    Failed     2 of 3 clients were lost for good
    Failed     none of 3 publishes was acknowledged"
  `);
  // Doubts, which say so on every machine.
  expect(outcome.stdout).toMatch(/2 of 3 clients were lost for good, the first 1\.\d+ s after connecting began/);
  expect(outcome.stdout).toMatch(/were due to clients that were not connected/);
  expect(outcome.stdout).not.toMatch(/reconnects|the path or the broker can carry/);
});

it.each([
  ['1.5 times the keepalive', '-k 1s'],
  ['--dead-after', '-k 1s --dead-after 2s'],
])('a peer that answers no ping is given up after %s, and come back to', async (_, flags) => {
  const connects: number[] = [];
  const broker = await ScriptedBroker.open(({ cmd }) => {
    if (cmd === 'connect') connects.push(performance.now());
    return cmd === 'pingreq';
  });
  const line = `sub -h 127.0.0.1 -p ${broker.port} -t a -c 1 --workers 1 --reconnect 5 --duration 8s --quiet ${flags}`;
  const { stdout } = await runCli(line.split(' '));
  broker.close();
  expect(stdout).toMatch(/× nothing came from mqtt:\S+ for \d\.\d s although an answer was due \(MQB_SILENT\)/);
  expect(connects.length).toBeGreaterThanOrEqual(2);
  // The ping is written after three quarters of the keepalive; what a busy machine adds makes it only later.
  const least = flags.includes('dead') ? 2_750 : 2_250;
  expect((connects[1] as number) - (connects[0] as number)).toBeGreaterThan(least - 100);
});

it('--dead-after 0 is refused', async () => {
  const { code, stderr } = await runCli('conn -c 1 --dead-after 0'.split(' '));
  expect(code).toBe(2);
  expect(stderr).toContain('--dead-after 0 gives every connection up at once');
});

it.each(['mqtt', 'mqtts', 'wss'])(
  '%s:// to a port that speaks the other way round is told which scheme it needs',
  async (scheme) => {
    const plain = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.destroy()));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as AddressInfo;
    const verify = scheme === 'mqtt' ? '' : ' --insecure';
    const { code, stdout } = await runCli(
      `conn ${scheme}://127.0.0.1:${port} -c 1 --duration 1s --quiet${verify}`.split(' '),
    );
    plain.close();
    expect(code).toBe(4);
    expect(stdout).toMatch(scheme === 'mqtt' ? /→ .*speaks TLS needs mqtts:\/\// : /→ .*without TLS needs mqtt:\/\//);
  },
);
