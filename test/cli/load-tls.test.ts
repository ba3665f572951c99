import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadFlags } from '../../src/cli/load/options/flags.js';
import { planProblems } from '../../src/cli/load/plan/asked.js';
import type { TransportName } from '../../src/transport/contract.js';
import { throwAwayCertificates } from '../../src/transport/tls/certs.js';
import { runCli } from '../helpers/cli.js';
import { whole } from '../helpers/steady.js';

let folder: string;
let server: Server;
let port: string;
const seen: { ciphers: string; signatures: string[] }[] = [];

/** Takes the group secp384r1 only, and answers CONNECT with CONNACK. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-tls-'));
  const { ca, cert, key } = await throwAwayCertificates();
  writeFileSync(join(folder, 'ca.pem'), ca);
  writeFileSync(join(folder, 'empty.pem'), '');
  server = createServer({ cert, key, ecdhCurve: 'secp384r1' }, (socket: TLSSocket) => {
    seen.push({ ciphers: socket.getCipher().name, signatures: socket.getSharedSigalgs() });
    socket.on('error', () => {});
    socket.once('data', () => socket.write(Buffer.from([0x20, 2, 0, 0])));
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = String((server.address() as { port: number }).port);
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const conn = (...args: string[]) =>
  runCli(['conn', '-c', '1', '--duration', '100ms', '--quiet', ...args], { cwd: folder });

describe('what TLS may choose from', () => {
  it('is what the lists name, in the names of OpenSSL or Erlang', async () => {
    const { code } = await conn(
      ...['-h', '127.0.0.1', '-p', port, '--ssl', '--ca', 'ca.pem'],
      ...['--ciphers', 'TLS_AES_256_GCM_SHA384', '--keyex-algs', 'x25519,secp384r1'],
      ...['--signature-algs', 'eddsa_ed25519,ecdsa_secp256r1_sha256,rsa_pss_rsae_sha384'],
    );
    expect(code).toBe(0);
    const last = seen.at(-1);
    expect(last?.ciphers).toBe('TLS_AES_256_GCM_SHA384');
    expect(last?.signatures.sort().reverse()).toEqual([
      'RSA-PSS+SHA384',
      expect.stringMatching(/^Ed25519/),
      'ECDSA+SHA256',
    ]);
  });

  it('nothing in common: exit 4, and the handshake is named', async () => {
    const args = ['-h', '127.0.0.1', '-p', port, '--ssl', '--ca', 'ca.pem', '--keyex-algs', 'x25519'];
    const { code, stdout } = await conn(...args);
    expect(stdout).toMatch(/1 × connect to mqtts:.*(?:TLS|handshake)/); // the rest is said by OpenSSL
    expect(code).toBe(4);
  });

  it.each([
    ['tls', { keyexAlgs: ['x25519', 'p-999'] }],
    ['tls', { signatureAlgs: ['nonsense'] }],
    ['wss', { ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] }],
    ['tls', { sslVersion: '1.2', ciphers: ['TLS_AES_128_GCM_SHA256'] }],
    ['quic', { ciphers: ['TLS_AES_128_GCM_SHA256'] }],
    ['tcp', { signatureAlgs: ['ed25519'] }],
    ['tls', { alpn: [] }],
    ['quic', { alpn: ['mqtt', 'é'.repeat(128)] }],
    ['wss', { servername: 'a b' }],
    ['tls', { servername: '' }],
  ] as [TransportName, Partial<LoadFlags>][])('%s %j is refused', (transport, flags) => {
    expect(planProblems('conn', transport, flags as LoadFlags)).toMatchSnapshot();
  });

  it.each(['--ssl --ca empty.pem', '--ssl --ciphers ,'])('%s: exit 2, before anything starts', async (flags) => {
    expect(whole(await conn(...flags.split(' ')))).toMatchSnapshot();
  });
});
