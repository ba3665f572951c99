import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { hasMosquitto, Mosquitto } from '../broker/mosquitto.js';
import { runCli, startCli } from '../helpers/cli.js';
import { whole } from '../helpers/steady.js';

interface Report {
  readonly findings: readonly { readonly what: string; readonly outcome: 'yes' | 'no'; readonly detail: string }[];
}

async function probe(url: string, ...flags: string[]): Promise<Record<string, string>> {
  const { stdout, stderr, code } = await runCli(['probe', url, '--only', '--json', ...flags]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const { findings } = JSON.parse(stdout) as Report;
  return Object.fromEntries(
    findings.map(({ what, outcome, detail }) => [what, outcome === 'yes' ? 'yes' : `no: ${detail}`]),
  );
}

const common = {
  'QoS 0': 'yes',
  'QoS 1': 'yes',
  'QoS 2': 'yes',
  'retained messages': 'yes',
  'wildcards + and #': 'yes',
  'shared subscriptions': 'yes',
  'persistent sessions': 'yes',
  will: 'yes',
  'largest message': 'yes',
  'survives a malformed CONNECT': 'yes',
};

describe('mqbench probe', () => {
  let broker: BrokerHandle;
  let folder: string;
  let ca: string;

  beforeAll(async () => {
    broker = await startBroker({ listeners: { tcp: { port: 0 }, quic: { port: 0 } } });
    folder = mkdtempSync(join(tmpdir(), 'mqbench-probe-'));
    ca = join(folder, 'ca.pem');
    writeFileSync(ca, broker.ready.ca);
  });
  afterAll(async () => {
    await broker.close();
    rmSync(folder, { recursive: true });
  });

  it('finds out what our broker does over TCP: all but MQTT 5', async () => {
    const found = await probe(`mqtt://127.0.0.1:${broker.ready.addresses.tcp?.port}`);
    expect(found).toMatchObject({ 'transport tcp': 'yes', 'MQTT 3.1': 'yes', 'MQTT 3.1.1': 'yes', ...common });
    expect(found['MQTT 5']).toMatchInlineSnapshot(`"no: unacceptable protocol version (1)"`);
  });

  it('finds 0-RTT and several streams over QUIC', async () => {
    const found = await probe(`quic://127.0.0.1:${broker.ready.addresses.quic?.port}`, '--ca', ca);
    expect(found).toMatchObject({ 'transport quic': 'yes', '0-RTT': 'yes', 'several streams': 'yes', ...common });
  });

  it.runIf(hasMosquitto)('finds MQTT 5 on mosquitto', async () => {
    const mosquitto = await Mosquitto.start();
    try {
      const found = await probe(`mqtt://127.0.0.1:${mosquitto.ports.tcp}`);
      expect(found).toMatchObject({ 'MQTT 3.1': 'yes', 'MQTT 5': 'yes', ...common });
    } finally {
      await mosquitto.end();
    }
  });

  it('ends after its last line when checks failed, and prints each line as it is known', async () => {
    // Takes CONNECT, and never says another word.
    const server = createServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.write(Buffer.from([0x20, 2, 0, 0])));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const running = startCli(['probe', `mqtt://127.0.0.1:${port}`, '--only', '--timeout', '500ms']);
    await running.sees('MQTT 3.1.1');
    expect(running.child.exitCode).toBeNull();
    const outcome = await running.ended;
    server.close();
    expect(whole(outcome)).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      mqtt://127.0.0.1:PORT
        transport tcp                 yes  CONNACK after TIME
        MQTT 3.1                      yes
        MQTT 3.1.1                    yes
        MQTT 5                        yes  receive maximum 65,535, topic alias maximum 0
        QoS 0                         no   no SUBACK within 0.5 s
        QoS 1                         no   no SUBACK within 0.5 s
        QoS 2                         no   no SUBACK within 0.5 s
        retained messages             no   no acknowledgement within 0.5 s
        wildcards + and #             no   no SUBACK within 0.5 s
        shared subscriptions          no   no SUBACK within 0.5 s
        persistent sessions           no   no SUBACK within 0.5 s
        will                          no   no SUBACK within 0.5 s
        largest message               no   1,000 B: no SUBACK within 0.5 s
        survives a malformed CONNECT  yes"
    `);
    const open = await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
    expect(open).toBe(0);
  });

  it('exits with 4 and says why when nobody answers', async () => {
    expect(whole(await runCli(['probe', 'mqtt://127.0.0.1:1', '--only']))).toMatchInlineSnapshot(`
      "exit code 4
      standard output:
      mqtt://127.0.0.1:1
        transport tcp                 no   connect to mqtt://127.0.0.1:1: refused by the host: nobody listens on that port"
    `);
  });
});
