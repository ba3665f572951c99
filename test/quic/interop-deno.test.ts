import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { arch, platform } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker/broker.js';
import { tellSkipped } from '../helpers/skipped.js';
import { visitThrice } from './visit.js';
import { certificates, until } from './wire.js';

/** Deno's own binary; its npm package would fetch it in an install script, which is not run here. */
function denoBinary(): string | undefined {
  try {
    const folder = createRequire(import.meta.url).resolve(`@deno/${platform}-${arch}-glibc/package.json`);
    const binary = join(dirname(folder), 'deno');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

const deno = denoBinary();
tellSkipped(
  'interoperation with Deno (quinn)',
  deno ? undefined : `npm has no binary of Deno for ${platform}-${arch} with glibc, or optional packages were left out`,
);
const script = (name: string): string => fileURLToPath(new URL(`./peers/${name}`, import.meta.url));

let folder: string;
const children: ChildProcess[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-deno-'));
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** What the scripts print: one object per line. */
interface Line {
  readonly port: number;
  readonly connack: number[];
  readonly suback: number[];
  readonly puback: number[];
  readonly delivered: number[];
  readonly early: boolean;
}

/** Starts a script in Deno. @returns its lines of JSON as they come, and what it says on stderr */
function run(name: string, ...parameters: string[]): { lines: Line[]; errors: string[]; ended: Promise<void> } {
  const flags = ['run', '-A', '--no-check', '--no-config', '--unstable-net'];
  const child = spawn(deno as string, [...flags, script(name), ...parameters], {
    env: { PATH: process.env.PATH, HOME: folder, DENO_DIR: folder, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const [lines, errors]: [Line[], string[]] = [[], []];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  child.stderr.on('data', (text) => errors.push(String(text)));
  return { lines, errors, ended: new Promise((resolve) => child.on('exit', () => resolve())) };
}

describe.skipIf(!deno)('Deno (quinn)', () => {
  it('as client: 1-RTT, then 0-RTT, with a data stream, against our broker', async () => {
    const broker = await Broker.start({ listeners: { quic: { port: 0 } } });
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, broker.ready.ca);
    const client = run('deno-client.js', String(broker.ready.addresses.quic?.port), caFile, '3');
    await client.ended;
    expect(client.errors.join('')).toBe('');
    expect(client.lines).toHaveLength(3);
    for (const { connack, suback, puback, delivered } of client.lines) {
      expect([connack, suback, puback]).toEqual([
        [0x20, 2, 0, 0],
        [0x90, 3, 0, 1, 1],
        [0x40, 2, 0, 2],
      ]);
      expect(Buffer.from(delivered).toString('latin1')).toContain('from/deno');
    }
    expect(client.lines.map(({ early }) => early)).toEqual([false, true, true]);
    expect(broker.counters()).toMatchObject({ 'quic.handshakesFull': 1, 'quic.handshakesEarlyData': 2 });
    await broker.close();
  }, 60_000);

  it('as server: 1-RTT, resumed, 0-RTT and two streams, with our client', async () => {
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(certFile, certificates.cert);
    writeFileSync(keyFile, certificates.key);
    const server = run('deno-server.js', certFile, keyFile);
    await until(() => server.lines.length === 1, 20_000);
    await visitThrice(server.lines[0]?.port as number);
  }, 60_000);
});
