import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { TransportName } from '../../src/transport/contract.js';
import { schemes } from '../../src/transport/url.js';
import { runCli } from '../helpers/cli.js';
import { whole } from '../helpers/steady.js';

const length = '--pubs 5 -i 1 --rate 100 -q 1 -F 5 -L 50 --quiet'.split(' ');

describe('mqbench pubsub over every transport', () => {
  let broker: BrokerHandle;
  let folder: string;

  beforeAll(async () => {
    const any = { port: 0 };
    broker = await startBroker({ listeners: { tcp: any, tls: any, ws: any, wss: any, quic: any } });
    folder = mkdtempSync(join(tmpdir(), 'mqbench-transports-'));
    writeFileSync(join(folder, 'ca.pem'), broker.ready.ca);
  });
  afterAll(async () => {
    await broker.close();
    rmSync(folder, { recursive: true });
  });

  const portOf = (name: TransportName): string => String(broker.ready.addresses[name]?.port);
  const urlOf = (name: TransportName): string => `${schemes[name]}://127.0.0.1:${portOf(name)}`;
  const flags: Record<TransportName, string[]> = {
    tcp: [],
    tls: ['--ssl', '--ca', 'ca.pem'],
    ws: ['--ws'],
    wss: ['--ws', '-S', '--cacertfile', 'ca.pem'],
    quic: ['--quic', '--ca', 'ca.pem'],
  };
  const names = Object.keys(flags) as TransportName[];

  it.concurrent.for(names)('%s by its flags and by a URL: every message arrives', async (name, { expect }) => {
    const load = [...length, '-t', `over/${name}/%i`];
    const at = ['-h', '127.0.0.1', '-p', portOf(name), ...flags[name]];
    const byFlags = whole(await runCli(['pubsub', ...at, ...load], { cwd: folder }));
    expect(byFlags).toMatchSnapshot();
    const trust = flags[name].includes('ca.pem') ? ['--ca', 'ca.pem'] : [];
    expect(whole(await runCli(['pubsub', urlOf(name), ...trust, ...load], { cwd: folder }))).toBe(byFlags);
  });

  it.concurrent.for(['tls', 'wss', 'quic'] as const)(
    '%s: a certificate that cannot be verified is refused, and named',
    async (name, { expect }) => {
      const args = ['conn', urlOf(name), ...'-c 2 -i 1 --duration 200ms --quiet'.split(' ')];
      expect(whole(await runCli(args))).toMatchSnapshot();
      expect(whole(await runCli([...args, '--insecure']))).toMatchSnapshot();
    },
  );
});
