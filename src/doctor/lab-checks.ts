import { access, constants, readFile } from 'node:fs/promises';
import { MqbenchError, messageOf } from '../base/errors.js';
import { Holder } from '../lab/holder.js';
import { kernelHasNetem } from '../lab/netem/netem.js';
import { runInside } from '../lab/scripts.js';
import { installCommand, missingTools } from '../lab/tools.js';
import type { Finding } from './contract.js';

/** What the network lab can and cannot do here; tried, not guessed. */
export async function checkLab(): Promise<Finding[]> {
  const missing = await missingTools();
  const tools: Finding = {
    what: 'lab programs',
    verdict: missing.length === 0 ? 'works' : 'missing',
    detail:
      missing.length === 0 ? 'ip, tc, nft, conntrack, unshare, nsenter, setpriv' : `not here: ${missing.join(', ')}`,
    ...(missing.length === 0 ? {} : { fix: installCommand(missing) }),
    essential: false,
  };
  if (missing.length > 0) return [tools, skipped('namespaces'), skipped('NAT'), skipped('netem'), skipped('tun')];
  let holder: Holder;
  try {
    holder = await Holder.open();
  } catch (error) {
    const fix = error instanceof MqbenchError ? error.hint : undefined;
    const failed: Finding = { what: 'namespaces', verdict: 'missing', detail: messageOf(error), fix, essential: false };
    return [tools, failed, skipped('NAT'), skipped('netem'), skipped('tun')];
  }
  try {
    const who = holder.rootless ? 'as an ordinary user, through a user namespace' : 'as root';
    const namespaces: Finding = { what: 'namespaces', verdict: 'works', detail: who, essential: false };
    return [tools, namespaces, await checkNat(holder), ...(await checkBackends(holder))];
  } finally {
    await holder.close();
  }
}

function skipped(what: string): Finding {
  return { what, verdict: 'skipped', detail: 'not tried: what it needs is missing', essential: false };
}

async function checkNat(holder: Holder): Promise<Finding> {
  const rules = 'table ip try { chain c { type nat hook postrouting priority srcnat;\n snat to 192.0.2.1\n }\n}';
  try {
    await runInside(holder, undefined, 'nft', ['-f', '-'], { input: rules });
    await runInside(holder, undefined, 'conntrack', ['-C']);
    return { what: 'NAT', verdict: 'works', detail: 'nftables with source NAT, conntrack', essential: false };
  } catch (error) {
    return {
      what: 'NAT',
      verdict: 'missing',
      detail: messageOf(error),
      fix: 'sudo modprobe -a nf_tables nft_chain_nat nft_nat nft_ct nf_conntrack nf_conntrack_netlink',
      essential: false,
    };
  }
}

async function checkBackends(holder: Holder): Promise<Finding[]> {
  const netem = await kernelHasNetem(holder);
  const tun = await checkTun();
  const either = netem || tun.verdict === 'works';
  const netemFinding: Finding = {
    what: 'netem',
    verdict: netem ? 'works' : 'limited',
    detail: netem
      ? 'sch_netem'
      : `this kernel has no sch_netem${either ? '; the emulator on TUN devices is used instead' : ''}`,
    ...(netem ? {} : { fix: await netemFix() }),
    essential: false,
  };
  return [netemFinding, tun];
}

/** Ubuntu keeps the module in a package of its own; Debian ships it with the kernel. */
async function netemFix(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const ubuntu = /^ID=ubuntu/m.test(release);
  return ubuntu
    ? 'sudo apt-get install -y linux-modules-extra-$(uname -r) && sudo modprobe sch_netem'
    : 'sudo modprobe sch_netem (kernels built without it, e.g. of some clouds, need linux-image-amd64)';
}

async function checkTun(): Promise<Finding> {
  const path = '/dev/net/tun';
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return { what: 'tun', verdict: 'works', detail: `${path} can be opened`, essential: false };
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return {
      what: 'tun',
      verdict: 'missing',
      detail: absent ? `${path} is not there` : `${path} is not open to this user`,
      fix: absent ? 'sudo modprobe tun; in a container: --device /dev/net/tun' : 'sudo chmod 0666 /dev/net/tun',
      essential: false,
    };
  }
}
