import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net, { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { transportFor } from '../../src/transport/registry.js';
import { createAuthority, issueLeaf } from '../../src/transport/tls/certs.js';
import { runCli, startCli } from '../helpers/cli.js';

const off = ['--ws', 'off', '--wss', 'off', '--quic', 'off'];

describe('mqbench broker', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mqbench-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The port that the printed URL of this scheme names. */
  const portOf = (text: string, scheme: string): number =>
    Number(new RegExp(`${scheme}://[^:]+:(\\d+)`).exec(text)?.[1]);

  it('says where it listens, serves clients that trust its CA, and ends with 0 on Ctrl-C', async () => {
    const ca = join(folder, 'ca.pem');
    const cli = startCli(['broker', '--tcp', '0', '--tls', '0', ...off, '--ca-out', ca, '--stats', '200ms']);
    let stdout = '';
    cli.child.stdout?.on('data', (text: string) => {
      stdout += text;
    });
    await cli.sees('Ctrl-C');
    const plain = await mqtt.connectAsync(`mqtt://127.0.0.1:${portOf(stdout, 'mqtt')}`);
    const secured = await mqtt.connectAsync(`mqtts://127.0.0.1:${portOf(stdout, 'mqtts')}`, { ca: readFileSync(ca) });
    await cli.sees(/clients: tcp 1, tls 1 · publish in/);
    for (let i = 0; i < 2; i++) {
      const socket = net.connect(portOf(stdout, 'mqtt'), '127.0.0.1');
      socket.write(Buffer.from('100c00044d5154540602003c0000', 'hex')); // CONNECT of a version 6
      await once(socket.resume(), 'close');
    }
    await Promise.all([plain.endAsync(true), secured.endAsync(true)]);
    cli.child.kill('SIGINT');
    const { code, stderr } = await cli.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^mqbench: refused a client that speaks version 6 of the protocol; .*\n$/);
    expect(stdout).not.toMatch(/ws:|quic:/);
  });

  it('uses the certificate it is given, and asks clients for theirs', async () => {
    const authority = await createAuthority('ours');
    const file = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    };
    const leaf = await issueLeaf(authority, ['127.0.0.1']);
    const client = await issueLeaf(authority, ['client-1']);
    const certs = ['--cert', file('c.pem', leaf.cert), '--key', file('k.pem', leaf.key)];
    const asks = ['--client-ca', file('ca.pem', authority.cert), '--tls-version', '1.2'];
    const cli = startCli(['broker', '--no-tcp', '--tls', '0', ...off, ...certs, ...asks]);
    let stdout = '';
    cli.child.stdout?.on('data', (text: string) => {
      stdout += text;
    });
    await cli.sees('Ctrl-C');
    const url = `mqtts://127.0.0.1:${portOf(stdout, 'mqtts')}`;
    const options = { ca: authority.cert, reconnectPeriod: 0 };
    await expect(mqtt.connectAsync(url, options)).rejects.toThrow();
    const connected = await mqtt.connectAsync(url, { ...options, cert: client.cert, key: client.key });
    await connected.endAsync(true);
    cli.child.kill('SIGTERM');
    expect((await cli.ended).code).toBe(0);
  });

  it('shares tickets by --ticket-key, and logs secrets where SSLKEYLOGFILE says', async () => {
    const key = join(folder, 'ticket.key');
    const log = join(folder, 'keys.log');
    writeFileSync(key, `${'a5'.repeat(48)}\n`);
    const ports: number[] = [];
    const cas: string[] = [];
    const clis = [];
    for (const i of [0, 1]) {
      const ca = join(folder, `ca${i}.pem`);
      const args = ['broker', '--tcp', 'off', '--tls', '0', ...off, '--ticket-key', key, '--ca-out', ca];
      const cli = startCli(args, { env: { SSLKEYLOGFILE: log } });
      let stdout = '';
      cli.child.stdout?.on('data', (text: string) => {
        stdout += text;
      });
      await cli.sees('Ctrl-C');
      ports.push(portOf(stdout, 'mqtts'));
      cas.push(readFileSync(ca, 'utf8'));
      clis.push(cli);
    }
    const kept = new Map<string, Uint8Array>();
    const handshakes: string[] = [];
    for (const i of [0, 1]) {
      const tls = { ca: cas[i] };
      const dial = { host: '127.0.0.1', port: ports[i] as number, tls, tickets: { store: kept, key: 'k' } };
      const connection = await transportFor('tls').dial(dial);
      connection.duplex.resume();
      handshakes.push(connection.stats().handshake);
      await expect.poll(() => kept.size).toBe(1);
      connection.abort();
    }
    for (const { child, ended } of clis) {
      child.kill('SIGINT');
      await ended;
    }
    expect(handshakes).toEqual(['full', 'resumed']);
    expect(readFileSync(log, 'utf8')).toMatch(/^SERVER_HANDSHAKE_TRAFFIC_SECRET /m);
  });

  it('ends with 4 when a port is in use, and says which option moves it', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { code, stderr } = await runCli(['broker', '--tcp', String(port), '--tls', 'off', ...off]);
    server.close();
    expect(code).toBe(4);
    expect(stderr).toContain(`port ${port} is in use`);
    expect(stderr).toContain(`--tcp ${port + 1}`);
  });

  it('refuses a certificate and a key that do not fit', async () => {
    const authority = await createAuthority('ours');
    const [one, other] = [await issueLeaf(authority, ['127.0.0.1']), await issueLeaf(authority, ['127.0.0.1'])];
    writeFileSync(join(folder, 'c.pem'), one.cert);
    writeFileSync(join(folder, 'k.pem'), other.key);
    const { code, stderr } = await runCli(['broker', '--cert', 'c.pem', '--key', 'k.pem'], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toMatchInlineSnapshot(`
      "mqbench: c.pem and k.pem: the key is not that of the certificate
        → a certificate file is PEM: its own certificate first, then each issuer; the key is the one that it was made for, without a passphrase
      "
    `);
  });

  it.each([
    [['--tcp', 'off', '--tls', 'off', ...off], 'every listener is off'],
    [['--tcp', '70000'], 'is not a whole number from 0 to 65535'],
    [['--cert', 'x.pem'], '--cert and --key belong together'],
    [['--client-ca', 'x.pem'], '--client-ca needs'],
    [['--cert', '/nonexistent/c', '--key', '/nonexistent/k'], 'read /nonexistent/c'],
    [['--tls-version', '1.1'], '1.2, 1.3'],
    [['--stats', '1ms'], 'is less than 100 ms'],
    [['--max-connections', '0'], 'is not a whole number from 1'],
    [['--max-packet', '10'], 'is less than 1,024 B'],
    [['--early-data', 'maybe'], 'accept, hold, reject'],
    [['--ticket-key', '/dev/null'], 'not 48 bytes'],
    [['--ticket-key', 'x', '--rotate-tickets', '1h'], 'contradict'],
  ])('refuses %j with 2', async (args, says) => {
    const { code, stderr } = await runCli(['broker', ...args]);
    expect(stderr).toContain(says);
    expect(code).toBe(2);
  });
});
