import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import { tellSkipped } from '../helpers/skipped.js';
import { visitThrice } from './visit.js';
import { certificates, until } from './wire.js';

// quic-go 0.29 as Debian 12 packages it; it needs Debian's Go 1.19, newer ones refuse its TLS.
const go = '/usr/lib/go-1.19/bin/go';
const sources = '/usr/share/gocode/src/github.com/lucas-clemente/quic-go';
const reason = tellSkipped(
  'interoperation with quic-go 0.29',
  [go, sources].every((path) => existsSync(path))
    ? undefined
    : 'needs Debian 12 packages: apt-get install golang-1.19-go golang-github-lucas-clemente-quic-go-dev',
);

let folder: string;
const undo: (() => void)[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-go-'));
}, 60_000);
afterAll(() => {
  for (const step of undo) step();
  rmSync(folder, { recursive: true });
});

/** Compiles a peer and starts it. @returns its lines as they come */
function run(name: string, ...parameters: string[]): { lines: string[]; errors: string[]; ended: Promise<void> } {
  const binary = join(folder, name);
  const cwd = fileURLToPath(new URL(`./peers/${name}`, import.meta.url));
  const env = {
    ...process.env,
    GO111MODULE: 'off',
    GOPATH: '/usr/share/gocode',
    GOCACHE: join(folder, 'cache'),
    GOFLAGS: '',
  };
  execFileSync(go, ['build', '-o', binary, '.'], { cwd, env });
  const child = spawn(binary, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  undo.push(() => child.kill('SIGKILL'));
  const [lines, errors]: [string[], string[]] = [[], []];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  child.stderr.on('data', (said) => errors.push(String(said)));
  return { lines, errors, ended: new Promise((resolve) => child.on('exit', () => resolve())) };
}

describe.skipIf(reason)('quic-go 0.29', () => {
  it('as client: 1-RTT, then 0-RTT, with a data stream, against our broker', async () => {
    const broker = await Broker.start({ listeners: { quic: { port: 0 } } });
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, broker.ready.ca);
    const client = run('go-client', String(broker.ready.addresses.quic?.port), caFile, '3');
    await client.ended;
    expect(client.errors.join('')).toBe('');
    expect(client.lines).toEqual(['20020000 40020009 false', '20020000 40020009 true', '20020000 40020009 true']);
    expect(broker.counters()).toMatchObject({ 'quic.handshakesFull': 1, 'quic.handshakesEarlyData': 2 });
    await broker.close();
  }, 120_000);

  it('as server: 1-RTT, resumed, 0-RTT and two streams, with our client', async () => {
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(certFile, certificates.cert);
    writeFileSync(keyFile, certificates.key);
    const server = run('go-server', certFile, keyFile);
    await until(() => server.lines.length === 1, 20_000);
    await visitThrice(Number(server.lines[0]));
  }, 120_000);
});
