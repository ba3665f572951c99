import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { Result } from '../../src/result/types.js';
import { runCli } from '../helpers/cli.js';
import { whole } from '../helpers/steady.js';

describe.concurrent('--tickets', () => {
  let broker: BrokerHandle;
  const all = mkdtempSync(join(tmpdir(), 'mqbench-tickets-'));

  beforeAll(async () => {
    const any = { port: 0 };
    broker = await startBroker({ listeners: { tcp: any, tls: any, wss: any, quic: any } });
  });
  afterAll(async () => {
    await broker.close();
    rmSync(all, { recursive: true });
  });

  type Transport = 'tcp' | 'tls' | 'wss' | 'quic';
  /** A folder of one test, with the CA in it. */
  function newFolder(): string {
    const folder = mkdtempSync(join(all, 'case-'));
    writeFileSync(join(folder, 'ca.pem'), broker.ready.ca);
    return folder;
  }
  const run = (folder: string, transport: Transport, flags: string) => {
    const at = `-h 127.0.0.1 -p ${broker.ready.addresses[transport]?.port} --transport ${transport}`;
    // Tests run side by side against one broker: their clients have ids of their own.
    const load = `-c 6 --prefix ${basename(folder)}- -i 5 --duration 200ms --workers 2 --quiet --json run.json`;
    return runCli(`conn ${at} ${load} ${flags}`.split(' '), { cwd: folder });
  };
  /** How the clients' connections came up. */
  const handshakes = async (...args: Parameters<typeof run>) => {
    const { code, stderr } = await run(...args);
    expect(code, stderr).toBe(0);
    const { cells } = JSON.parse(readFileSync(join(args[0], 'run.json'), 'utf8')) as Result;
    const counters: Record<string, number> = cells[0]?.counters ?? {};
    return [counters['handshake.full'], counters['handshake.resumed'], counters['handshake.early-data']];
  };

  it.for(['tls', 'wss', 'quic'] as const)(
    '%s: the second run resumes what the first one began',
    async (transport, { expect }) => {
      const folder = newFolder();
      const trust = '--tickets tickets --ca ca.pem';
      expect(await handshakes(folder, transport, trust)).toEqual([6, 0, 0]);
      expect(await handshakes(folder, transport, trust)).toEqual([0, 6, 0]);
      expect(statSync(join(folder, 'tickets')).mode & 0o777).toBe(0o600);
      expect(readdirSync(folder).sort()).toEqual(['ca.pem', 'run.json', 'tickets']); // workers leave nothing
    },
  );

  it('quic: with early data the CONNECT leaves with the first datagram', async ({ expect }) => {
    const folder = newFolder();
    const trust = '--tickets early.tickets --ca ca.pem --resumption early-data';
    expect(await handshakes(folder, 'quic', trust)).toEqual([6, 0, 0]);
    expect(await handshakes(folder, 'quic', trust)).toEqual([0, 0, 6]);
  });

  it.for(['tls', 'quic'] as const)('%s: damaged tickets lead to full handshakes', async (transport, { expect }) => {
    const folder = newFolder();
    const file = join(folder, 'damaged.tickets');
    const trust = '--tickets damaged.tickets --ca ca.pem';
    await handshakes(folder, transport, trust);
    const [header, first = '', second = '', ...rest] = readFileSync(file, 'utf8').split('\n');
    const [key] = JSON.parse(first) as [string, string];
    const nonsense = JSON.stringify([key, Buffer.from('no ticket').toString('base64')]);
    writeFileSync(file, [header, nonsense, second.slice(0, 30), ...rest].join('\n'));
    appendFileSync(file, '{"half":');
    expect(await handshakes(folder, transport, trust)).toEqual([2, 4, 0]);
    expect(await handshakes(folder, transport, trust)).toEqual([0, 6, 0]); // and the file is whole again
  });

  it('a ticket that was got without verification does not spare a verifying run its verification', async ({
    expect,
  }) => {
    const folder = newFolder();
    expect(await handshakes(folder, 'quic', '--tickets trust.tickets --insecure')).toEqual([6, 0, 0]);
    expect(whole(await run(folder, 'quic', '--tickets trust.tickets'))).toMatchInlineSnapshot(`
      "exit code 4
      standard output:
      Clients    0 of 6 connected
                 6 failed tries
      Errors     6 × connect to quic://127.0.0.1:PORT: the server's certificate was refused: it was issued by a CA that is not trusted (MQB_CERTIFICATE)
                 → name the CA that issued it (--ca <file>), or the name it was issued for (--servername <name>); --insecure does not verify at all
      Generator  PROCESSES
      Failed     no client connected"
    `);
  });

  it.for([
    ['tcp', '--tickets a.tickets'],
    ['tls', '--resumption early-data'],
    ['tls', '--tickets ca.pem'],
    ['tls', '--tickets no/such/folder/a.tickets'],
  ] as const)('%s %s is refused before anything is dialled', async ([transport, flags], { expect }) => {
    const folder = newFolder();
    expect(whole(await run(folder, transport, flags))).toMatchSnapshot();
    expect(readFileSync(join(folder, 'ca.pem'), 'utf8')).toBe(broker.ready.ca);
  });
});
