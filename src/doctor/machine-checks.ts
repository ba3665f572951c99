import { readFile } from 'node:fs/promises';
import { arch, availableParallelism, freemem, release } from 'node:os';
import { platform, versions } from 'node:process';
import { cpuQuota, usableProcessors } from '../base/process/processors.js';
import { formatSize } from '../base/units.js';
import type { Finding } from './contract.js';

const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** What of the machine limits a run: Node, cores, memory, descriptors, ports, socket buffers, congestion control. */
export async function checkMachine(): Promise<Finding[]> {
  return [
    nodeVersion(),
    system(),
    cores(),
    { what: 'memory', verdict: 'works', detail: `${formatSize(freemem())} free`, essential: false },
    await descriptors(),
    await localPorts(),
    await socketBuffers(),
    await congestionControl(),
  ];
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = versions.node.split('.').map(Number);
  const good = major > 20 || (major === 20 && minor >= 19);
  return {
    what: 'Node',
    verdict: good ? 'works' : 'missing',
    detail: `${versions.node}${good ? '' : '; mqbench needs 20.19 or newer'}`,
    ...(good ? {} : { fix: 'install Node 22: https://nodejs.org/en/download' }),
    essential: true,
  };
}

function system(): Finding {
  const linux = platform === 'linux';
  return {
    what: 'system',
    verdict: linux ? 'works' : 'limited',
    detail: `${platform} ${release()} ${arch()}${linux ? '' : '; the network lab needs Linux'}`,
    essential: false,
  };
}

function cores(): Finding {
  const count = availableParallelism();
  const quota = cpuQuota();
  const enough = usableProcessors(quota) >= 2;
  const bound = quota === undefined ? '' : `, and a quota of ${quota.cores} of them`;
  return {
    what: 'cores',
    verdict: enough ? 'works' : 'limited',
    detail: `${count}${bound}${enough ? '' : '; load and broker disturb each other on one core'}`,
    ...(quota === undefined || enough ? {} : { fix: 'docker --cpus, limits.cpu or CPUQuota=: two processors or more' }),
    essential: false,
  };
}

async function descriptors(): Promise<Finding> {
  const limits = await text('/proc/self/limits');
  const [, soft = '?', hard = '?'] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits) ?? [];
  const most = hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
  const enough = !(most < 20_000);
  return {
    what: 'open files',
    verdict: enough ? 'works' : 'limited',
    detail: `${soft}, at most ${hard} per process: so many clients per load worker`,
    ...(enough ? {} : { fix: 'ulimit -Hn 1048576 (as root), or LimitNOFILE= of the service' }),
    essential: false,
  };
}

async function localPorts(): Promise<Finding> {
  const [low = 0, high = 0] = (await text('/proc/sys/net/ipv4/ip_local_port_range')).trim().split(/\s+/).map(Number);
  const count = high - low + 1;
  const enough = count >= 25_000;
  return {
    what: 'local ports',
    verdict: enough ? 'works' : 'limited',
    detail: `${low}-${high}: ${count} TCP clients per source address and listener`,
    ...(enough ? {} : { fix: 'sudo sysctl -w net.ipv4.ip_local_port_range="1024 65535"' }),
    essential: false,
  };
}

/** One QUIC server socket takes the datagrams of all clients: small buffers lose them. */
const wantedBuffer = 4 * 1024 * 1024;

async function socketBuffers(): Promise<Finding> {
  const most = Number(await text('/proc/sys/net/core/rmem_max'));
  const enough = most >= wantedBuffer;
  return {
    what: 'UDP buffers',
    verdict: enough ? 'works' : 'limited',
    detail: `net.core.rmem_max ${formatSize(most)}${enough ? '' : '; bursts of QUIC clients may be dropped and are then counted'}`,
    ...(enough
      ? {}
      : { fix: `sudo sysctl -w net.core.rmem_max=${2 * wantedBuffer} net.core.wmem_max=${2 * wantedBuffer}` }),
    essential: false,
  };
}

async function congestionControl(): Promise<Finding> {
  const now = (await text('/proc/sys/net/ipv4/tcp_congestion_control')).trim();
  const available = (await text('/proc/sys/net/ipv4/tcp_available_congestion_control')).trim();
  const cubic = available.split(' ').includes('cubic');
  return {
    what: 'TCP',
    verdict: cubic ? 'works' : 'limited',
    detail: `congestion control ${now}; available: ${available}`,
    ...(cubic ? {} : { fix: 'sudo modprobe tcp_cubic' }),
    essential: false,
  };
}
