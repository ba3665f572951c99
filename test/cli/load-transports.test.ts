import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { TransportName } from '../../src/transport/contract.js';
import { schemes } from '../../src/transport/url.js';
import { runCli } from '../helpers/cli.js';

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
  const flags: Record<TransportName, string[]> = {
    tcp: [],
    tls: ['--ssl', '--ca', 'ca.pem'],
    ws: ['--ws'],
    wss: ['--ws', '-S', '--cacertfile', 'ca.pem'],
    quic: ['--quic', '--ca', 'ca.pem'],
  };
  const names = Object.keys(flags) as TransportName[];

  it.each(names)('%s by its flags: every message arrives', async (name) => {
    const at = ['-h', '127.0.0.1', '-p', portOf(name), ...flags[name]];
    const { code, stdout, stderr } = await runCli(['pubsub', ...at, ...length], { cwd: folder });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/50 offered, 50 sent, 0 again, 50 acknowledged, 50 received, .* promise kept/);
    expect(code).toBe(0);
  });

  it.each(names)('%s by a URL', async (name) => {
    const url = `${schemes[name]}://127.0.0.1:${portOf(name)}`;
    const trust = flags[name].includes('ca.pem') ? ['--ca', 'ca.pem'] : [];
    const { code, stdout } = await runCli(['pubsub', url, ...trust, ...length], { cwd: folder });
    expect(stdout).toMatch(/50 received, .* promise kept/);
    expect(code).toBe(0);
  });

  it.each(['tls', 'wss', 'quic'] as const)(
    '%s: a certificate that cannot be verified is refused, and named',
    async (name) => {
      const url = `${schemes[name]}://127.0.0.1:${portOf(name)}`;
      const { code, stdout } = await runCli(['conn', url, ...'-c 2 -i 1 --duration 1s --quiet'.split(' ')]);
      expect(stdout).toMatch(/2 × connect to .*certificate.* \(MQB_CERTIFICATE\)/i);
      expect(code).toBe(4);
      const insecure = await runCli(['conn', url, '--insecure', ...'-c 2 -i 1 --duration 1s --quiet'.split(' ')]);
      expect(insecure.stdout).toContain('2 of 2 connected');
      expect(insecure.code).toBe(0);
    },
  );
});
