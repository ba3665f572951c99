import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { find } from './mosquitto.js';

const pub = find('mosquitto_pub');
const sub = find('mosquitto_sub');
// Into a pipe mosquitto_sub writes blocks, not lines; coreutils' stdbuf changes that.
const has = pub !== undefined && sub !== undefined;

if (!has)
  process.stderr.write(
    'skipped: mosquitto_pub and mosquitto_sub with our broker: not installed (apt-get install mosquitto-clients)\n',
  );

interface Outcome {
  readonly code: number;
  readonly output: string;
}

function run(program: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 15_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr });
    });
  });
}

describe.runIf(has)('mosquitto_pub and mosquitto_sub with our broker', () => {
  let broker: BrokerHandle;
  let folder: string;
  const reach = { tcp: [] as string[], tls: [] as string[] };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mqbench-'));
    broker = await startBroker({ listeners: { tcp: { port: 0 }, tls: { port: 0 } } });
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, broker.ready.ca);
    reach.tcp = ['-h', '127.0.0.1', '-p', String(broker.ready.addresses.tcp?.port)];
    // By address: mosquitto verifies it against the certificate's IP SANs.
    reach.tls = ['-h', '127.0.0.1', '-p', String(broker.ready.addresses.tls?.port), '--cafile', ca];
  });
  afterAll(async () => {
    await broker.close();
    rmSync(folder, { recursive: true });
  });

  const cases = (['tcp', 'tls'] as const).flatMap((name) =>
    (['mqttv31', 'mqttv311'] as const).flatMap((version) =>
      ([0, 1, 2] as const).map((qos) => ({ name, version, qos })),
    ),
  );

  it.each(cases)('exchange messages: $name, $version, QoS $qos', async ({ name, version, qos }) => {
    const topic = `m/${name}/${version}/${qos}`;
    const common = [...reach[name], '-V', version, '-t', topic, '-q', String(qos)];
    const listener = spawn('stdbuf', ['-oL', sub as string, ...common, '-C', '3', '-W', '10', '-F', '%q %p', '-d']);
    let printed = '';
    listener.stdout.on('data', (text) => {
      printed += text;
    });
    const ended = new Promise((resolve) => listener.once('close', resolve));
    await expect.poll(() => printed, { timeout: 10_000 }).toContain('received SUBACK');
    for (const text of ['one', 'two', 'three']) {
      expect(await run(pub as string, [...common, '-m', text])).toEqual({ code: 0, output: '' });
    }
    expect(await ended).toBe(0);
    expect(printed.match(/^\d (one|two|three)$/gm)).toEqual([`${qos} one`, `${qos} two`, `${qos} three`]);
  });

  it('keep retained messages and deliver wills', async () => {
    await run(pub as string, [...reach.tls, '-t', 'r', '-m', 'kept', '-r', '-q', '1']);
    const kept = await run(sub as string, [...reach.tcp, '-t', 'r', '-C', '1', '-W', '5']);
    expect(kept).toEqual({ code: 0, output: 'kept\n' });
    const dying = spawn('stdbuf', [
      '-oL',
      sub as string,
      ...reach.tcp,
      '-t',
      'x',
      '--will-topic',
      'w',
      '--will-payload',
      'died',
      '-d',
    ]);
    await new Promise<void>((resolve) =>
      dying.stdout.on('data', (text) => String(text).includes('SUBACK') && resolve()),
    );
    const witness = run(sub as string, [...reach.tcp, '-t', 'w', '-C', '1', '-W', '8']);
    await new Promise((resolve) => setTimeout(resolve, 500));
    dying.kill('SIGKILL');
    expect(await witness).toEqual({ code: 0, output: 'died\n' });
  });

  it('speak MQTT 5 with it, with properties', async () => {
    const [topic, says] = ['five/a', 'content-type'];
    const sub5 = [...reach.tcp, '-V', 'mqttv5', '-t', topic, '-C', '1', '-W', '10', '-F', '%C %P %p'];
    const heard = run(sub as string, sub5);
    const said = [...reach.tcp, '-V', 'mqttv5', '-q', '1', '-t', topic, '-m', 'x', '-D', 'publish', says, 'text/plain'];
    let isOver = false;
    void heard.finally(() => {
      isOver = true;
    });
    // Again until the subscriber, of which nobody tells when it is there, has heard it.
    while (!isOver) await run(pub as string, [...said, '-D', 'publish', 'user-property', 'who', 'me']);
    expect(await heard).toEqual({ code: 0, output: 'text/plain who:me x\n' });
  });

  it('refuse our certificate when the CA is another', async () => {
    const other = join(folder, 'other.pem');
    writeFileSync(other, (await (await import('../../src/transport/tls/certs.js')).createAuthority()).cert);
    const args = [...reach.tls.slice(0, 4), '--cafile', other, '-t', 'a', '-m', 'x'];
    const { code, output } = await run(pub as string, args);
    expect(code).not.toBe(0);
    expect(output).toMatch(/certificate verify failed|TLS error/i);
  });
});
