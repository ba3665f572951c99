import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { whyNot } from './conditions.js';

// As root, become the user `nobody` in a mount namespace in which /dev/net/tun is open to everybody, as most
// distributions have it. As an ordinary user the other lab tests are this test already.

const root = new URL('../../', import.meta.url).pathname;
const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', 'env', 'HOME=/tmp'];

/** Why an ordinary user cannot have a lab here. */
async function reasonAgainst(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'not root, so every lab test is one of an ordinary user';
  const reason = await whyNot('tun');
  if (reason !== undefined) return reason;
  const [command = '', ...args] = nobody;
  const spaces = spawnSync(command, [...args, 'unshare', '--user', '--net', '--mount', 'true']);
  if (spaces.status !== 0) return 'the kernel gives ordinary users no user namespaces';
  const reads = spawnSync(command, [...args, process.execPath, join(root, 'dist/main.js'), '--version']);
  return reads.status === 0 ? undefined : 'nobody may not read this checkout';
}

const reason = await reasonAgainst();
if (reason !== undefined) process.stderr.write(`skipped: a lab of an ordinary user: ${reason}\n`);

function asNobody(tunMode: string, args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-rootless-'));
  chmodSync(folder, 0o755);
  const script = [
    'set -e',
    `mknod ${folder}/tun c 10 200 && chmod ${tunMode} ${folder}/tun && mount --bind ${folder}/tun /dev/net/tun`,
    'exec "$@"',
  ].join('\n');
  const main = [process.execPath, join(root, 'dist/main.js')];
  const inner = ['sh', '-c', script, 'sh', ...nobody, ...main, ...args];
  const result = spawnSync('unshare', ['--mount', ...inner], { cwd: '/', encoding: 'utf8', timeout: 60_000 });
  rmSync(folder, { recursive: true, force: true });
  return result;
}

test.skipIf(reason !== undefined)('an ordinary user has a lab of its own, damaged link and NAT included', () => {
  const measured = asNobody('666', [
    'lab',
    'measure',
    '--json',
    '--backend',
    'tun',
    '--packets',
    '300',
    'delay 10ms loss 20%',
  ]);
  expect(measured.stderr).toBe('');
  const survey = JSON.parse(measured.stdout)['delay 10ms loss 20%'];
  expect(survey.oneWay.delayP50).toBeGreaterThanOrEqual(10_000);
  expect(survey.oneWay.delayP50).toBeLessThan(20_000);
  expect(survey.oneWay.lost).toBeGreaterThan(0.08); // 300 packets: five standard errors are 11.5 points
  expect(survey.oneWay.lost).toBeLessThan(0.32);
});

test.skipIf(reason !== undefined)('without rights for /dev/net/tun it says what would give them, exit 3', () => {
  const { status, stderr } = asNobody('600', ['lab', 'exec', 'client', '--backend', 'tun', '--', 'true']);
  expect(status).toBe(3);
  expect(stderr).toContain('Permission denied');
  expect(stderr).toContain('chmod 0666 /dev/net/tun');
});
