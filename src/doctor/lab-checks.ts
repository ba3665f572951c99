import { access, constants, readFile } from 'node:fs/promises';
import { codeOf, MqbenchError, messageOf } from '../base/errors.js';
import { Holder } from '../lab/holder.js';
import { kernelHasNetem } from '../lab/netem/netem.js';
import { runInside } from '../lab/scripts.js';
import { installCommand, missingTools } from '../lab/tools.js';
import { type Finding, finding } from './contract.js';

/** What the network lab can and cannot do here; tried, not guessed. */
export async function checkLab(): Promise<Finding[]> {
  const missing = missingTools();
  if (missing.length > 0) {
    const tools = finding('lab programs', 'missing', `not here: ${missing.join(', ')}`, installCommand(missing));
    return [tools, ...['namespaces', 'NAT', 'way out', 'netem', 'tun'].map(skipped)];
  }
  const tools = finding('lab programs', 'works', 'ip, tc, nft, conntrack, unshare, nsenter, setpriv');
  let holder: Holder;
  try {
    holder = await Holder.open();
  } catch (error) {
    const fix = error instanceof MqbenchError ? error.hint : undefined;
    return [
      tools,
      finding('namespaces', 'missing', messageOf(error), fix),
      ...['NAT', 'way out', 'netem', 'tun'].map(skipped),
    ];
  }
  try {
    const who = holder.rootless ? 'as an ordinary user, through a user namespace' : 'as root';
    const found = [finding('namespaces', 'works', who), await checkNat(holder), wayOut(holder.rootless)];
    return [tools, ...found, ...(await checkBackends(holder))];
  } finally {
    await holder.close();
  }
}

const skipped = (what: string): Finding => finding(what, 'skipped', 'not tried: what it needs is missing');

async function checkNat(holder: Holder): Promise<Finding> {
  const rules = 'table ip try { chain c { type nat hook postrouting priority srcnat;\n snat to 192.0.2.1\n }\n}';
  try {
    await runInside(holder, undefined, 'nft', ['-f', '-'], { input: rules });
    await runInside(holder, undefined, 'conntrack', ['-C']);
    return finding('NAT', 'works', 'nftables with source NAT, conntrack');
  } catch (error) {
    const fix = 'sudo modprobe -a nf_tables nft_chain_nat nft_nat nft_ct nf_conntrack nf_conntrack_netlink';
    return finding('NAT', 'missing', messageOf(error), fix);
  }
}

/** What a scenario with a network needs for a broker that runs elsewhere (scripts/network/uplink.sh). */
const wayOut = (rootless: boolean): Finding =>
  rootless
    ? finding(
        'way out',
        'limited',
        'brokers elsewhere cannot be reached from the lab without root',
        'run it as root (sudo)',
      )
    : finding('way out', 'works', 'brokers elsewhere can be reached from the lab');

async function checkBackends(holder: Holder): Promise<Finding[]> {
  const [netem, tun] = [await kernelHasNetem(holder), await checkTun()];
  if (netem) return [finding('netem', 'works', 'sch_netem'), tun];
  const instead = tun.verdict === 'works' ? '; the emulator on TUN devices is used instead' : '';
  return [finding('netem', 'limited', `this kernel has no sch_netem${instead}`, await netemFix()), tun];
}

/** Ubuntu keeps the module in a package of its own; Debian ships it with the kernel. */
async function netemFix(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID=ubuntu/m.test(release)
    ? 'sudo apt-get install -y linux-modules-extra-$(uname -r) && sudo modprobe sch_netem'
    : 'sudo modprobe sch_netem (kernels built without it, e.g. of some clouds, need linux-image-amd64)';
}

async function checkTun(): Promise<Finding> {
  const path = '/dev/net/tun';
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return finding('tun', 'works', `${path} can be opened`);
  } catch (error) {
    return codeOf(error) === 'ENOENT'
      ? finding('tun', 'missing', `${path} is not there`, 'sudo modprobe tun; in a container: --device /dev/net/tun')
      : finding('tun', 'missing', `${path} is not open to this user`, 'sudo chmod 0666 /dev/net/tun');
  }
}
