import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Packet } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { createAuthority, issueLeaf } from '../../src/transport/tls/certs.js';
import { hasMosquitto, Mosquitto } from '../broker/mosquitto.js';
import { runCli, startCli, startHere } from '../helpers/cli.js';
import { ScriptedBroker } from '../helpers/scripted-broker.js';
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

  it('finds out what our broker does over TCP', async () => {
    const found = await probe(`mqtt://127.0.0.1:${broker.ready.addresses.tcp?.port}`);
    expect(found).toMatchObject({ 'transport tcp': 'yes', 'MQTT 3.1': 'yes', 'MQTT 3.1.1': 'yes', ...common });
    expect(found['MQTT 5']).toBe('yes');
  });

  it('finds 0-RTT and several streams over QUIC', async () => {
    const found = await probe(`quic://127.0.0.1:${broker.ready.addresses.quic?.port}`, '--ca', ca);
    expect(found).toMatchObject({ 'transport quic': 'yes', '0-RTT': 'yes', 'several streams': 'yes', ...common });
  });

  it('asks only what --only names, after the transport that all questions need', async () => {
    const url = `mqtt://127.0.0.1:${broker.ready.addresses.tcp?.port}`;
    expect(whole(await runCli(['probe', '--only', 'QoS 1,retained', '--only', 'will', url]))).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      mqtt://127.0.0.1:PORT
        transport tcp                     yes  CONNACK after TIME
        QoS 1                             yes
        retained messages                 yes
        will                              yes"
    `);
    expect(whole(await runCli(['probe', url, '--only', 'nothing']))).toMatchInlineSnapshot(`
      "exit code 0
      standard output:
      mqtt://127.0.0.1:PORT
        transport tcp                     yes  CONNACK after TIME
      No question has a name that contains nothing: "mqbench probe" without --only shows all names."
    `);
  });

  it('writes JSON into a file, and prints it with a bare --json before the URL', async () => {
    const url = `mqtt://127.0.0.1:${broker.ready.addresses.tcp?.port}`;
    const file = join(folder, 'r.json');
    const written = await runCli(['probe', url, '--json', file, '--only', 'will']);
    expect(written.stdout).toMatch(/^mqtt:.*\n {2}transport tcp .*\n {2}will +yes\n$/);
    const printed = await runCli(['probe', '--only', 'will', '--json', url]);
    const names = (json: string) => (JSON.parse(json) as Report).findings.map(({ what }) => what);
    expect(names(printed.stdout)).toEqual(['transport tcp', 'will']);
    expect(names(readFileSync(file, 'utf8'))).toEqual(names(printed.stdout));
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

  it('says what a guard of a QUIC server costs a fleet, and what its absence does', async () => {
    const guarded = await startBroker({
      listeners: { quic: { port: 0 } },
      earlyData: 'accept',
      quic: { retry: 'always', idleTimeoutMs: 20_000 },
    });
    try {
      const url = `quic://127.0.0.1:${guarded.ready.addresses.quic?.port}`;
      const flags = ['--only', 'Retry,replayed,idle,address,tickets,own', '--insecure'];
      const { stdout } = await runCli(['probe', url, ...flags]);
      expect(
        stdout.replaceAll(/[\d.]+ ms(?= after)|(?<=:)\d{5}/g, 'N').replace(/CONNACK .*/, 'CONNACK'),
      ).toMatchInlineSnapshot(`
        "quic://127.0.0.1:N
          --insecure: no certificate is checked
          transport quic                    yes  CONNACK
          session tickets                   yes
            for a fleet: clients that come back cost the broker less
          acts once on replayed 0-RTT data  yes
          opens streams of its own          no   deliveries come on the stream of the subscription
          takes clients without a Retry     no   the server sent a Retry (RFC 9000, 8.1.2)
            for a fleet: each handshake takes a round trip more
          idle timeout of a minute or more  no   max_idle_timeout 20,000 ms
            for a fleet: clients have to send something that often, whatever their keep-alive
          survives an address change        yes  PUBACK N after it
            for a fleet: a NAT that forgets its flows costs a fleet nothing
        "
      `);
    } finally {
      await guarded.close();
    }
  });

  it.each([
    ['accept', 'no: a PUBLISH was delivered 2 times'],
    ['hold', 'yes'],
    ['reject', 'yes'],
  ] as const)(
    'replays the first packets of a client to a broker that has the policy %s for early data',
    async (earlyData, answer) => {
      const replayed = await startBroker({ listeners: { quic: { port: 0 } }, earlyData });
      try {
        const url = `quic://127.0.0.1:${replayed.ready.addresses.quic?.port}`;
        const found = await probe(url, '--only', 'replayed', '--insecure');
        expect(found['acts once on replayed 0-RTT data']).toBe(answer);
      } finally {
        await replayed.close();
      }
    },
  );

  it('waits for answers of a broker that is silent only once as long as it was told', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.write(Buffer.from([0x20, 2, 0, 0])));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { stdout, tookMs } = await runCli(['probe', `mqtt://127.0.0.1:${port}`, '--only', 'QoS']);
    server.close();
    const waits = [...stdout.matchAll(/no SUBACK within (\S+) s/g)].map(([, seconds]) => seconds);
    expect(waits).toEqual(['5', '1', '1']);
    expect(tookMs).toBeGreaterThan(6900);
  });

  it.runIf(hasMosquitto)('sees Nagle’s algorithm where a broker has it on', async () => {
    const found: Record<string, string | undefined> = {};
    for (const set of ['true', 'false']) {
      const mosquitto = await Mosquitto.start(`set_tcp_nodelay ${set}\n`);
      const answers = await probe(`mqtt://127.0.0.1:${mosquitto.ports.tcp}`, '--only', 'delivers');
      found[set] = answers['delivers at once (TCP_NODELAY)'];
      await mosquitto.end();
    }
    expect(found.true).toBe('yes');
    expect(found.false).toMatch(/^no: the second of two small messages was \d+ ms late/);
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
        transport tcp                     yes  CONNACK after TIME
        MQTT 3.1                          yes
        MQTT 3.1.1                        yes
        MQTT 5                            yes  receive maximum 65,535, topic alias maximum 0
        QoS 0                             no   no SUBACK within 0.5 s
        QoS 1                             no   no SUBACK within 0.5 s
        QoS 2                             no   no SUBACK within 0.5 s
        retained messages                 no   no acknowledgement within 0.5 s
        wildcards + and #                 no   no SUBACK within 0.5 s
        shared subscriptions              no   no SUBACK within 0.5 s
        persistent sessions               no   no SUBACK within 0.5 s
        will                              no   no SUBACK within 0.5 s
        largest message                   no   1,000 B: no SUBACK within 0.5 s
        survives a malformed CONNECT      yes
        100 messages in flight (MQTT 5)   yes  receive maximum 65,535
        packets of any size (MQTT 5)      yes
        keep-alive of an hour             yes
        delivers at once (TCP_NODELAY)    no   no SUBACK within 0.5 s"
    `);
    const open = await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
    expect(open).toBe(0);
  });

  it('exits with 4 and says why when nobody answers', async () => {
    expect(whole(await runCli(['probe', 'mqtt://127.0.0.1:1', '--only']))).toMatchInlineSnapshot(`
      "exit code 4
      standard output:
      mqtt://127.0.0.1:1
        transport tcp                     no   connect to mqtt://127.0.0.1:1: refused by the host: nobody listens on that port
          → start the broker or correct the port"
    `);
  });
});

describe('a probe that is interrupted', () => {
  const found = ['transport tcp', 'MQTT 3.1', 'MQTT 3.1.1', 'MQTT 5'];

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s tells what it has found, and exits with 5',
    async (signal) => {
      let asked: () => void = () => {};
      const broker = await ScriptedBroker.open(({ cmd }) => {
        if (cmd !== 'subscribe') return false;
        asked();
        return true;
      });
      const running = startCli(['probe', `mqtt://127.0.0.1:${broker.port}`, '--only', '--json']);
      asked = () => running.child.kill(signal);
      const { code, stdout } = await running.ended;
      broker.close();
      expect(code).toBe(5);
      const { status, findings } = JSON.parse(stdout) as Report & { status: string };
      expect([status, ...findings.map(({ what }) => what)]).toEqual(['interrupted', ...found]);
    },
  );

  it.each([
    ['a retained message', '/retained', (packet: Packet) => packet.cmd === 'publish' && packet.payload.length === 0],
    [
      'a session',
      '/offline',
      (packet: Packet) => packet.cmd === 'connect' && packet.clientId.endsWith('persistent') && packet.clean,
    ],
  ])('leaves not even %s behind', async (_, topic, cleans) => {
    const after: Packet[] = [];
    let interrupted = false;
    const broker = await ScriptedBroker.open((packet, peer) => {
      if (interrupted) after.push(packet);
      const filter = packet.cmd === 'subscribe' ? (packet.subscriptions[0]?.topic ?? '') : '';
      if (filter.endsWith(topic)) {
        interrupted = true;
        running.interrupt();
        return true;
      }
      if (filter.includes('+')) peer.write({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [0x80] });
      if (filter.endsWith('/retained'))
        setImmediate(() =>
          peer.write({ cmd: 'publish', topic: filter, payload: 'kept', qos: 0, dup: false, retain: true }),
        );
      return filter.includes('+');
    });
    const running = startHere(['probe', `mqtt://127.0.0.1:${broker.port}`, '--only']);
    const { code, stdout } = await running.ended;
    broker.close();
    expect(code).toBe(5);
    expect(stdout).toMatch(/QoS 0 +yes\n.*\nInterrupted: the broker was asked \d+ questions, and not the others\.\n$/s);
    expect(after.filter(cleans)).toHaveLength(1);
  });
});

describe('a probe that checks no certificate', () => {
  it('says so in the table and in JSON', async () => {
    const broker = await startBroker({ listeners: { tls: { port: 0 } } });
    try {
      const url = `mqtts://127.0.0.1:${broker.ready.addresses.tls?.port}`;
      const { stdout } = await runCli(['probe', url, '--only', '--insecure']);
      expect(stdout).toMatch(/^mqtts:.*\n {2}--insecure: no certificate is checked\n/);
      expect(stdout).toMatch(/transport tls .* full handshake, certificate not checked\n/);
      const json = await runCli(['probe', url, '--only', '--insecure', '--json']);
      expect(JSON.parse(json.stdout)).toMatchObject({ insecure: true, status: 'finished' });
      const refused = await runCli(['probe', url, '--only', '--json']);
      expect(JSON.parse(refused.stdout)).toMatchObject({
        insecure: false,
        findings: [{ what: 'transport tls', outcome: 'no', hint: expect.stringContaining('--ca <file>') }],
      });
    } finally {
      await broker.close();
    }
  });

  it('cannot be one that is shown none', async () => {
    const { code, stderr } = await runCli(['probe', 'mqtt://127.0.0.1', '--only', '--insecure']);
    expect(code).toBe(2);
    expect(stderr).toContain('--insecure needs tls, wss or quic');
  });
});

describe('a probe of a broker that demands a client certificate', () => {
  let broker: BrokerHandle;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mqbench-probe-'));
    const authority = await createAuthority('ours');
    const [server, client] = [await issueLeaf(authority, ['127.0.0.1']), await issueLeaf(authority, ['client-1'])];
    const files = { 'ca.pem': authority.cert, 'cert.pem': client.cert, 'key.pem': client.key, 'other.pem': server.key };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const tls = { cert: server.cert, key: server.key, clientCa: authority.cert };
    broker = await startBroker({ listeners: { tls: { port: 0 } }, tls });
  });
  afterAll(async () => {
    await broker.close();
    rmSync(folder, { recursive: true });
  });
  const ask = (...flags: string[]) => {
    const url = `mqtts://127.0.0.1:${broker.ready.addresses.tls?.port}`;
    return runCli(['probe', url, '--only', '--ca', 'ca.pem', ...flags], { cwd: folder });
  };

  it('says so and what to give it, in words, and not in those of OpenSSL', async () => {
    expect(whole(await ask())).toMatchInlineSnapshot(`
      "exit code 4
      standard output:
      mqtts://127.0.0.1:PORT
        transport tls                     no   connection to mqtts://127.0.0.1:PORT lost: the server demands a client certificate, and none was sent
          → give the client certificate and key that this server expects: --cert <file> --key <file>"
    `);
  });

  it('has one to show', async () => {
    const { code, stdout } = await ask('--cert', 'cert.pem', '--key', 'key.pem');
    expect(code).toBe(0);
    expect(stdout).toMatch(/transport tls +yes/);
  });

  it('is refused before it begins where certificate and key do not fit', async () => {
    expect(whole(await ask('--cert', 'cert.pem', '--key', 'other.pem'))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: cert.pem and other.pem: the key is not that of the certificate
        → a certificate file is PEM: its own certificate first, then each issuer; the key is the one that it was made for, without a passphrase"
    `);
    expect(whole(await ask('--cert', 'cert.pem'))).toMatchInlineSnapshot(`
      "exit code 2
      standard error:
      mqbench: --cert and --key belong together"
    `);
  });
});

it('probe tells a connection that was reset in words', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.resetAndDestroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const outcome = await runCli(['probe', `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, '--only']);
  server.close();
  expect(whole(outcome)).toMatchInlineSnapshot(`
    "exit code 4
    standard output:
    mqtt://127.0.0.1:PORT
      transport tcp                     no   connection to mqtt://127.0.0.1:PORT lost: the peer reset the connection
        → the broker, or something on the way to it, ended it: look at its log"
  `);
});

it('probe tells a name that nobody knows once, before it asks anything', async () => {
  const { code, stdout, stderr } = await runCli(['probe', 'mqtt://nobody.invalid']);
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  expect(stderr).toContain('no host of the name "nobody.invalid" is known here');
});
