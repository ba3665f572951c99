import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerHandle, startBroker } from '../../src/broker/process.js';
import type { Result } from '../../src/result/types.js';
import { runCli } from '../helpers/cli.js';

describe('--tickets', { timeout: 60_000 }, () => {
  let broker: BrokerHandle;
  let folder: string;

  beforeAll(async () => {
    const any = { port: 0 };
    broker = await startBroker({ listeners: { tcp: any, tls: any, wss: any, quic: any } });
    folder = mkdtempSync(join(tmpdir(), 'mqbench-tickets-'));
    writeFileSync(join(folder, 'ca.pem'), broker.ready.ca);
  });
  afterAll(async () => {
    await broker.close();
    rmSync(folder, { recursive: true });
  });

  const run = (transport: 'tcp' | 'tls' | 'wss' | 'quic', ...more: string[]) => {
    const at = ['-h', '127.0.0.1', '-p', String(broker.ready.addresses[transport]?.port), '--transport', transport];
    const load = '-c 6 --prefix t- -i 5 --duration 200ms --workers 2 --quiet --json run.json'.split(' ');
    return runCli(['conn', ...at, ...load, ...more], { cwd: folder });
  };
  /** How the clients' connections came up. */
  const handshakes = async (...args: Parameters<typeof run>) => {
    const { code, stderr } = await run(...args);
    expect(code, stderr).toBe(0);
    const { cells } = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as Result;
    const counters: Record<string, number> = cells[0]?.counters ?? {};
    return [counters['handshake.full'], counters['handshake.resumed'], counters['handshake.early-data']];
  };

  it.each(['tls', 'wss', 'quic'] as const)('%s: the second run resumes what the first one began', async (transport) => {
    const file = `${transport}.tickets`;
    const trust = ['--tickets', file, '--ca', 'ca.pem'];
    expect(await handshakes(transport, ...trust)).toEqual([6, 0, 0]);
    expect(await handshakes(transport, ...trust)).toEqual([0, 6, 0]);
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.startsWith(`${file}.`))).toEqual([]); // workers leave nothing
  });

  it('quic: with early data the CONNECT leaves with the first datagram', async () => {
    const trust = ['--tickets', 'early.tickets', '--ca', 'ca.pem', '--resumption', 'early-data'];
    expect(await handshakes('quic', ...trust)).toEqual([6, 0, 0]);
    expect(await handshakes('quic', ...trust)).toEqual([0, 0, 6]);
  });

  it.each(['tls', 'quic'] as const)('%s: damaged tickets lead to full handshakes', async (transport) => {
    const file = `damaged-${transport}.tickets`;
    const trust = ['--tickets', file, '--ca', 'ca.pem'];
    await handshakes(transport, ...trust);
    const [header, first = '', second = '', ...rest] = readFileSync(join(folder, file), 'utf8').split('\n');
    const [key] = JSON.parse(first) as [string, string];
    const nonsense = JSON.stringify([key, Buffer.from('no ticket').toString('base64')]);
    writeFileSync(join(folder, file), [header, nonsense, second.slice(0, 30), ...rest].join('\n'));
    appendFileSync(join(folder, file), '{"half":');
    expect(await handshakes(transport, ...trust)).toEqual([2, 4, 0]);
    expect(await handshakes(transport, ...trust)).toEqual([0, 6, 0]); // and the file is whole again
  });

  it('a ticket that was got without verification does not spare a verifying run its verification', async () => {
    expect(await handshakes('quic', '--tickets', 'trust.tickets', '--insecure')).toEqual([6, 0, 0]);
    const { code, stdout } = await run('quic', '--tickets', 'trust.tickets');
    expect(stdout).toContain('MQB_CERTIFICATE');
    expect(code).toBe(4);
  });

  it('refuses what cannot be, before anything is dialled', async () => {
    const plain = await run('tcp', '--tickets', 'a.tickets');
    expect(plain.stderr).toContain('--tickets needs tls, wss or quic');
    const early = await run('tls', '--resumption', 'early-data');
    expect(early.stderr).toContain('--resumption early-data needs QUIC');
    const foreign = await run('tls', '--tickets', 'ca.pem');
    expect(foreign.stderr).toContain('is no file of session tickets');
    expect(readFileSync(join(folder, 'ca.pem'), 'utf8')).toBe(broker.ready.ca);
    const nowhere = await run('tls', '--tickets', 'no/such/folder/a.tickets');
    expect(nowhere.stderr).toContain('write session tickets to');
    expect([plain.code, early.code, foreign.code, nowhere.code]).toEqual([2, 2, 2, 2]);
  });
});
