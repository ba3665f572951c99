import { readFile } from 'node:fs/promises';
import { arch, availableParallelism, freemem, release } from 'node:os';
import { platform, versions } from 'node:process';
import { cpuQuota, usableProcessors } from '../base/process/processors.js';
import { formatSize } from '../base/units.js';
import { enough, type Finding, finding } from './contract.js';

const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** What of the machine limits a run: Node, cores, memory, descriptors, ports, socket buffers, congestion control. */
export async function checkMachine(): Promise<Finding[]> {
  const linux = platform === 'linux';
  return [
    nodeVersion(),
    enough('system', linux, `${platform} ${release()} ${arch()}`, ['; the network lab needs Linux']),
    cores(),
    finding('memory', 'works', `${formatSize(freemem())} free`),
    await descriptors(),
    await localPorts(),
    await socketBuffers(),
    await congestionControl(),
  ];
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = versions.node.split('.').map(Number);
  const good = major > 20 || (major === 20 && minor >= 19);
  const fix = 'install Node 22: https://nodejs.org/en/download';
  const found = enough('Node', good, versions.node, ['; mqbench needs 20.19 or newer', fix]);
  return { ...found, verdict: good ? 'works' : 'missing', essential: true };
}

function cores(): Finding {
  const quota = cpuQuota();
  const bound = quota === undefined ? '' : `, and a quota of ${quota.cores} of them`;
  return enough('cores', usableProcessors(quota) >= 2, `${availableParallelism()}${bound}`, [
    '; load and broker disturb each other on one core',
    quota && 'docker --cpus, limits.cpu or CPUQuota=: two processors or more',
  ]);
}

async function descriptors(): Promise<Finding> {
  const limits = await text('/proc/self/limits');
  const [, soft = '?', hard = '?'] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits) ?? [];
  const most = hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
  const detail = `${soft}, at most ${hard} per process: so many clients per load worker`;
  const fix = 'ulimit -Hn 1048576 (as root), or LimitNOFILE= of the service';
  return enough('open files', !(most < 20_000), detail, ['', fix]);
}

async function localPorts(): Promise<Finding> {
  const [low = 0, high = 0] = (await text('/proc/sys/net/ipv4/ip_local_port_range')).trim().split(/\s+/).map(Number);
  const count = high - low + 1;
  const detail = `${low}-${high}: ${count} TCP clients per source address and listener`;
  const fix = 'sudo sysctl -w net.ipv4.ip_local_port_range="1024 65535"';
  return enough('local ports', count >= 25_000, detail, ['', fix]);
}

/** One QUIC server socket takes the datagrams of all clients: small buffers lose them. */
const wantedBuffer = 4 * 1024 * 1024;

async function socketBuffers(): Promise<Finding> {
  const most = Number(await text('/proc/sys/net/core/rmem_max'));
  return enough('UDP buffers', most >= wantedBuffer, `net.core.rmem_max ${formatSize(most)}`, [
    '; bursts of QUIC clients may be dropped and are then counted',
    `sudo sysctl -w net.core.rmem_max=${2 * wantedBuffer} net.core.wmem_max=${2 * wantedBuffer}`,
  ]);
}

async function congestionControl(): Promise<Finding> {
  const now = (await text('/proc/sys/net/ipv4/tcp_congestion_control')).trim();
  const available = (await text('/proc/sys/net/ipv4/tcp_available_congestion_control')).trim();
  const detail = `congestion control ${now}; available: ${available}`;
  return enough('TCP', available.split(' ').includes('cubic'), detail, ['', 'sudo modprobe tcp_cubic']);
}
