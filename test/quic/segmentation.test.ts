import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { batchCalls } from '../../src/transport/quic/udp/batch-calls.js';
import { labMissing } from '../helpers/lab-available.js';

const missing = labMissing() ?? (batchCalls() === null ? 'no batch calls here' : undefined);

/** Sends 500 datagrams of one length over loopback. */
const program = `
const { openUdp } = await import('./dist/transport/quic/udp/udp.js');
let arrived = 0;
const common = { host: '127.0.0.1', port: 0, bufferBytes: 1 << 20, maxPayload: 2048, io: process.argv[1], backlog: { sockets: 0 } };
const receiver = await openUdp({ ...common, onPacket: () => arrived++ });
const sender = await openUdp({ ...common, onPacket: () => {} });
for (let i = 0; i < 500; i++) sender.commit(100, receiver.address);
sender.flush();
while (arrived < 500) await new Promise((resolve) => setTimeout(resolve, 5));
process.exit(0);`;

/** @param before commands of the shell, run in a network namespace of its own @returns packets that a filter on its loopback saw */
function packetsSeen(io: string, before: string): number {
  const filter = 'table inet t { chain in { type filter hook input priority 0; iif lo meta l4proto udp counter; }; }';
  const script = `set -e; PATH=$PATH:/usr/sbin:/sbin; ip link set lo up; ${before}
    nft '${filter}'; "$NODE" --input-type=module -e "$PROGRAM" ${io}; nft list ruleset`;
  const env = { ...process.env, NODE: process.execPath, PROGRAM: program };
  const { stdout, stderr } = spawnSync('unshare', ['-n', 'sh', '-c', script], { encoding: 'utf8', env });
  const [, packets] = /counter packets (\d+)/.exec(stdout) ?? [];
  if (packets === undefined) throw new Error(stderr);
  return Number(packets);
}

it.skipIf(missing !== undefined)(`whatever stands in a datagram's way sees every one of them`, () => {
  // What all this is for: where nothing waits or is lost, a train is one packet.
  expect(packetsSeen('auto', '')).toBeLessThan(50);
  expect(packetsSeen('auto', 'tc qdisc add dev lo root tbf rate 1gbit burst 100k limit 1m;')).toBe(500);
  expect(packetsSeen('batch', '')).toBe(500);
});
