import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { expect, test } from 'vitest';
import { readPage, root } from '../docs/pages.js';
import { availableBackends } from './conditions.js';

const backends = await availableBackends();

/** The commands of "Without Node" in docs/lab.md, one a line. */
const printed = readPage('docs/lab.md')
  .blocks.find(({ text }) => text.includes('namespaces.sh up'))!
  .text.split('\n');

/** In namespaces of its own, with a /run of its own, so that nothing of the host is touched; `sudo` is there already. */
function byHand(script: string): { status: number | null; stdout: string; stderr: string } {
  const bin = mkdtempSync(join(tmpdir(), 'mqbench-by-hand-'));
  writeFileSync(join(bin, 'sudo'), '#!/bin/sh\nexec "$@"\n');
  chmodSync(join(bin, 'sudo'), 0o755);
  const inside = `mount -t tmpfs none /run && ip link set lo up && ${script}`;
  const args = ['--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', inside];
  const { status, stdout, stderr } = spawnSync('unshare', args, {
    cwd: root,
    env: { ...env, PATH: `${bin}:/usr/sbin:/sbin:${env.PATH}` },
    encoding: 'utf8',
    timeout: 30_000,
  });
  rmSync(bin, { recursive: true });
  return { status, stdout, stderr };
}

test.skipIf(backends.length === 0)(
  'the scripts make, rebind and remove the network by hand, as docs/lab.md prints it',
  () => {
    const withoutNetem = printed.filter((line) => !line.includes('netem.sh'));
    expect(withoutNetem).toHaveLength(printed.length - 2);
    const script = withoutNetem.map((line) => line.replace('ping ', 'ping -c 1 -W 2 ')).join(' && ');
    const { status, stdout, stderr } = byHand(`${script} && echo "left: $(ls /run/netns 2>/dev/null)"`);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/1 packets transmitted, 1 received/);
    expect(stdout).toMatch(/left: \n$/);
  },
);

test.skipIf(backends.length === 0)('netem.sh damages the link, or says that this kernel cannot and what can', () => {
  const [up = '', on = ''] = printed;
  const netem = printed
    .filter((line) => line.includes('netem.sh'))
    .map((line) => line.replace('blackout 5', 'blackout 0.1'));
  for (const line of netem) {
    const { status, stderr } = byHand(`${up} >/dev/null && ${on} >/dev/null && ${line}`);
    const said =
      'this kernel has no netem: try "modprobe sch_netem"; where it has none, "mqbench lab" brings an emulator of its own';
    if (backends.includes('netem')) expect([status, stderr]).toEqual([0, '']);
    else expect([status, stderr]).toEqual([2, expect.stringContaining(said)]);
  }
});
