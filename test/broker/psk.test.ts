import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import { readScenario } from '../../src/scenario/read.js';
import { readPskFile } from '../../src/transport/tls/psk-file.js';
import { runCli } from '../helpers/cli.js';
import { freePort } from '../helpers/free-port.js';
import { planMeant } from '../helpers/plan-meant.js';
import { playLoad } from '../helpers/play-load.js';
import { tellSkipped } from '../helpers/skipped.js';
import { hasMosquitto, Mosquitto } from './mosquitto.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-psk-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const keyOf = (i: number): string => `${i}0`.padStart(32, 'a');
const lines = Array.from({ length: 5 }, (_, i) => `device-${i}:${keyOf(i)}\n`).join('');
const file = write('psk', lines);

const noMosquitto = tellSkipped('pre-shared keys', hasMosquitto ? undefined : 'mosquitto is not installed');

describe.skipIf(noMosquitto)('pre-shared keys with mosquitto', () => {
  let mosquitto: Mosquitto;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    const users = `per_listener_settings false\n`;
    mosquitto = await Mosquitto.start(
      `${users}listener ${port} 127.0.0.1\npsk_file ${file}\npsk_hint mqbench\nuse_identity_as_username true\n`,
    );
  });
  afterAll(() => mosquitto.end());

  const play = (over: Partial<LoadPlan> & { version?: '1.2' | '1.3'; at?: number }) => {
    const { version, at = port, ...plan } = over;
    const target = { transport: 'tls', hosts: [{ host: '127.0.0.1', port: at }], tls: { version } } as const;
    const psk = { file, identity: 'device-%i' };
    return playLoad(at, { clients: 5, publish: undefined, psk, target, ...plan }, { millis: 100, drainMillis: 10 });
  };

  it.each(['1.2', '1.3'] as const)(
    'let every client in by its own key, without a certificate: TLS %s',
    async (version) => {
      const { metrics, errors, counters } = await play({ version });
      expect(errors).toEqual([]);
      expect(metrics.values['clients.connected']).toBe(5);
      expect(counters['handshake.full']).toBe(5);
    },
  );

  it.each(['1.2', '1.3'] as const)('let nobody in by another key: TLS %s', async (version) => {
    const wrong = write('wrong', lines.replaceAll('a0', 'b0').replaceAll('a', 'c'));
    const { metrics, errors } = await play({ version, psk: { file: wrong, identity: 'device-%i' } });
    expect(metrics.values['clients.connected']).toBe(0);
    expect(errors.reduce((sum, { count }) => sum + count, 0)).toBe(5);
  });

  it('are refused by clients without a key, each told once', async () => {
    const { errors } = await play({ psk: { file, identity: 'unit-%i' }, clients: 1 });
    expect(errors).toMatchObject([
      { count: 1, message: expect.stringContaining('has no key for the identity "unit-0"') },
    ]);
  });

  it('are not given up for a certificate that the broker shows instead', async () => {
    const { metrics, errors } = await play({ at: mosquitto.ports.tls, clients: 1 });
    expect(metrics.values['clients.connected']).toBe(0);
    expect(errors).toHaveLength(1);
  });
});

describe('pre-shared keys with the included broker', () => {
  it.each([
    ['tls', '1.2'],
    ['tls', '1.3'],
    ['wss', '1.2'],
    ['wss', '1.3'],
  ] as const)('let every client in by its own key, and nobody else: %s, TLS %s', async (transport, version) => {
    const broker = await Broker.start({
      listeners: { [transport]: { port: 0 } },
      tlsVersion: version,
      psks: Object.fromEntries(readPskFile(file)),
    });
    expect(broker.ready.ca).toBe(''); // nobody needs one
    const { port = 0 } = broker.ready.addresses[transport] ?? {};
    const target = { transport, hosts: [{ host: '127.0.0.1', port }], tls: { version } } as const;
    const play = (from: string, identity = 'device-%i') =>
      playLoad(
        port,
        { clients: 5, publish: undefined, target, psk: { file: from, identity } },
        { millis: 100, drainMillis: 10 },
      );
    const known = await play(file);
    const strangers = await play(write('other', lines.replaceAll('a0', 'b0').replaceAll('a', 'c')));
    await broker.close();
    expect(known.errors).toEqual([]);
    expect(known.metrics.values['clients.connected']).toBe(5);
    expect(known.counters['handshake.full']).toBe(5);
    expect(strangers.metrics.values['clients.connected']).toBe(0);
  });

  it('are those of a scenario: a run over tls and wss, each client with its key', async () => {
    write(
      'included.yaml',
      `title: t\narms: [tls, { transport: tls, tlsVersion: '1.2' }, wss]\nnetwork: none
load: { duration: 500ms, clients: 5, connectRate: 200/s, psk: { file: psk, identity: 'device-%i' }, publish: { topic: a/%i, rate: 50/s } }
expect: [clients.connected == 5, errors == 0, messages.outstanding == 0]\n`,
    );
    const { code, stdout, stderr } = await runCli(['run', 'included.yaml', '--out', 'included'], { cwd: folder });
    expect(code, stdout + stderr).toBe(0);
  });

  it('are refused where they cannot be, with all that is wrong', async () => {
    write('two', 'device-0:00\n');
    write(
      'differ.yaml',
      `title: t\narms: [tls]\nnetwork: none\nload: { duration: 1s }\nfleets:
  - { name: a, clients: 1, psk: { file: psk, identity: device-0 } }
  - { name: b, clients: 1, psk: { file: two, identity: device-0 } }\n`,
    );
    const { code, stderr } = await runCli(['run', 'differ.yaml', '--out', 'differ'], { cwd: folder });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('two files have different keys for the identity "device-0"'),
    ]);
    const refused = `title: t\narms: [{ transport: tls, terminator: gateway }]\nnetwork: none\nload: { duration: 1s }\nfleets:
  - { name: a, clients: 1, psk: { file: psk } }
  - { name: b, clients: 1 }\n`;
    expect(() => readScenario(refused, 'x.yaml')).toThrow(/fleets\[0\]\.psk: is of this fleet only/);
    expect(() => readScenario(refused, 'x.yaml')).toThrow(/terminator: gateway ends TLS with a certificate/);
  });

  it.each([
    ['--psk-file psk --tls off --wss off', 'is of tls and wss, and both are off'],
    ['--psk-file none', 'read pre-shared keys'],
    [`--psk-file ${write('empty', '# nobody\n')}`, 'has no key'],
  ])('mqbench broker refuses %s', async (flags, says) => {
    const { code, stderr } = await runCli(['broker', ...flags.split(' ')], { cwd: folder });
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });
});

describe('pre-shared keys', () => {
  const inFile = (
    load: string,
    arms: string,
    brokers = '[{ name: m, command: mosquitto, listens: { tcp: 1, tls: 2 }}]',
  ) =>
    readScenario(
      `title: t\narms: ${arms}\nbrokers: ${brokers}\nnetwork: none\nload: { duration: 1s, ${load} }\n`,
      'x.yaml',
    ).load;

  it('are asked for alike in a file and on the command line', async () => {
    const { psk } = await planMeant(`conn --transport tls --psk-file ${file} --psk-identity device-%i`);
    expect(inFile(`psk: { file: ${file}, identity: device-%i }`, '[tls]').psk).toEqual(psk);
    expect(inFile(`psk: { file: ${file} }`, '[tls]').psk).toEqual({ file, identity: '%c' });
  });

  it('are refused in a file where they cannot be', () => {
    expect(() => inFile(`psk: { file: a }`, '[tls, tcp]')).toThrow(
      /arms\[1\]\.transport: load\.psk is of TLS over TCP/,
    );
    expect(() => inFile(`psk: { file: a }`, '[quic]')).toThrow(/load\.psk is of TLS over TCP/);
    expect(() => inFile(`psk: { file: a }`, '[tls]', "[{ name: u, url: { tls: 'mqtts://broker.example' } }]")).toThrow(
      /load\.psk: is not for brokers with a url/,
    );
  });

  it.each([
    [`--psk-file ${file}`, /--psk-file is of TLS over TCP, and this run uses tcp: add --tls|--psk-file is of TLS/],
    [`--transport tls --psk-identity a`, /--psk-identity needs --psk-file/],
    [`--transport tls --psk-file none`, /read pre-shared keys/],
    [`--transport tls --psk-file ${write('bad', 'device-0:xyz\n')}`, /bad:1 is no identity/],
    [
      `--transport tls --psk-file ${file} --insecure`,
      /--psk-file is in the place of certificates: leave --insecure out/,
    ],
  ])('are refused on the command line where they cannot be: %s', async (flags, says) => {
    await expect(planMeant(`conn ${flags}`)).rejects.toThrow(says);
  });
});
