import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cell, Result } from '../../src/result/types.js';
import { createAuthority, issueLeaf } from '../../src/transport/tls/certs.js';
import { type RunningCli, startCli } from '../helpers/cli.js';

const clients = 5;
/** From a broker that serves again to the last of what was due meanwhile: a message of each client, and its way back. */
const returnMs = 3000;

let folder: string;
const running: RunningCli[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-restart-'));
});
afterEach(() => {
  for (const { child } of running.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

function start(...args: string[]): RunningCli {
  const cli = startCli(args, { cwd: folder });
  running.push(cli);
  return cli;
}

interface Ports {
  readonly quic: string;
  readonly tcp: string;
}

async function broker(ports: Ports, more: readonly string[]): Promise<{ cli: RunningCli; ports: Ports }> {
  const listeners = ['--tcp', ports.tcp, '--quic', ports.quic, ...'--tls off --ws off --wss off'.split(' ')];
  const cli = start('broker', ...listeners, '--cert', 'cert.pem', '--key', 'key.pem', ...more);
  let said = '';
  cli.child.stdout?.on('data', (text: string) => {
    said += text;
  });
  await cli.sees('Ctrl-C');
  const port = (scheme: string): string => new RegExp(`${scheme}://[^:]+:(\\d+)`).exec(said)?.[1] as string;
  return { cli, ports: { quic: port('quic'), tcp: port('mqtt') } };
}

/** Clients that publish five times a second and come back whenever they are cut off. */
async function load(url: string, name: string): Promise<{ cli: RunningCli; cell: () => Promise<Cell> }> {
  const options = `-t t/%i -c ${clients} -q 1 -I 200ms -F 1000 --reconnect 50 --duration 8s --linger 10s --json ${name}`;
  const cli = start('pub', url, ...options.split(' '), ...(url.startsWith('quic') ? ['--ca', 'ca.pem'] : []));
  await cli.sees(/[1-9][\d.,]*\/s acknowledged/);
  const cell = async (): Promise<Cell> => {
    const { code, stdout, stderr } = await cli.ended;
    expect(code, stdout + stderr).toBe(0);
    return (JSON.parse(readFileSync(join(folder, name), 'utf8')) as Result).cells[0] as Cell;
  };
  return { cli, cell };
}

describe('a broker that is killed with SIGKILL and started again, each a process of its own', () => {
  it.each([
    ['the private key of its certificate', []],
    ['a ticket key', ['--ticket-key', 'tickets.key']],
  ])(
    'resets the QUIC connections of the one before, with %s: clients notice as those of TCP do, and come back',
    async (_, more) => {
      const authority = await createAuthority('restart');
      const leaf = await issueLeaf(authority, ['127.0.0.1']);
      writeFileSync(join(folder, 'ca.pem'), authority.cert);
      writeFileSync(join(folder, 'cert.pem'), leaf.cert);
      writeFileSync(join(folder, 'key.pem'), leaf.key);
      writeFileSync(join(folder, 'tickets.key'), '5c'.repeat(48));
      const first = await broker({ quic: '0', tcp: '0' }, more);
      const { ports } = first;
      const loads = await Promise.all([
        load(`quic://127.0.0.1:${ports.quic}`, 'quic.json'),
        load(`mqtt://127.0.0.1:${ports.tcp}`, 'tcp.json'),
      ]);
      const killed = performance.now();
      first.cli.child.kill('SIGKILL');
      await first.cli.ended;
      await broker(ports, more);
      const restartMs = performance.now() - killed;
      const [quic, tcp] = await Promise.all(loads.map(({ cell }) => cell()));
      const [resets, ...others] = quic?.errors ?? [];
      expect(others).toEqual([]);
      expect(resets).toMatchObject({ code: 'MQB_RESET', count: clients });
      expect(resets?.message).toContain('the peer does not know this connection any more');
      for (const cell of [quic, tcp]) {
        const { count, outstanding = 0, max } = cell?.metrics.distributions['publish.ack'] ?? { max: Infinity };
        expect(outstanding).toBe(0);
        expect(count).toBeGreaterThanOrEqual(8 * 5 * clients - clients);
        expect(max / 1000, `the slowest of ${cell?.transport}`).toBeLessThan(restartMs + returnMs);
      }
    },
    90_000,
  );
});
