import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import { formatBrokerUrl } from '../../src/transport/url.js';
import { runCli } from '../helpers/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-keylog-'));
const transports = ['tls', 'wss', 'quic'] as const;
let broker: BrokerHandle;

beforeAll(async () => {
  const listeners = Object.fromEntries(transports.map((name) => [name, { port: 0 }]));
  broker = await startBroker({ listeners, keyLogFile: join(folder, 'broker.log') });
});
afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

/** Client randoms, by which Wireshark finds the secrets of a connection, with the secret of what the client sends. */
const secrets = (file: string): string[] =>
  readFileSync(join(folder, file), 'utf8').match(/^CLIENT_TRAFFIC_SECRET_0 .*$/gm) ?? [];

describe('SSLKEYLOGFILE of a command that makes load', () => {
  it.each(transports)('gets the secrets of every connection over %s, the same that the broker knows', async (name) => {
    const { host, port } = broker.ready.addresses[name] as { host: string; port: number };
    const args = ['conn', formatBrokerUrl(name, host, port), '--insecure', '-c', '3', '--duration', '100ms'];
    const json = ['--json', join(folder, `${name}.json`)];
    const { code, stderr } = await runCli([...args, ...json], { cwd: folder, env: { SSLKEYLOGFILE: `${name}.log` } });
    expect(code, stderr).toBe(0);
    const ours = secrets(`${name}.log`);
    expect(ours).toHaveLength(3);
    await expect.poll(() => secrets('broker.log')).toEqual(expect.arrayContaining(ours));
    expect(statSync(join(folder, `${name}.log`)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, `${name}.json`), 'utf8')).not.toContain(`${name}.log`);
  });
});
