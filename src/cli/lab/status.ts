import { formatCount, formatDuration, formatShare, formatSize } from '../../base/units.js';
import type { DirectionCounters } from '../../lab/contract.js';
import type { LabStatus } from '../../lab/control.js';
import type { Survey } from '../../lab/measure/survey.js';

/** A lab for a person: links, counters, NAT. At most 80 columns but for the words of netem. */
export function statusText(status: LabStatus): string {
  const { counters, outer } = status;
  const lines = [
    `lab "${status.name}": ${status.backend}, up since ${status.upSince}, held by process ${status.ownerPid}`,
    `  server   ${status.serverAddresses.join(', ')}`,
    `  clients  ${some(status.clientAddresses)}`,
    `  up       ${status.link.up}`,
    `           ${countersText(counters.up)}`,
    `  down     ${status.link.down}`,
    `           ${countersText(counters.down)}`,
    `  NAT      ${formatCount(status.flows)} flows known`,
    ...outer.slice(0, 8).map((line) => `           ${line.replace(' ', ' → ')}`),
    ...(outer.length > 8 ? [`           … ${outer.length - 8} more`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function countersText(counters: DirectionCounters): string {
  const more = [
    ['lost', counters.packetsLost],
    ['overflowed', counters.packetsOverflowed],
    ['sent at once', counters.packetsSentAtOnce],
    ['reordered', counters.packetsReordered],
    ['duplicated', counters.packetsDuplicated],
    ['corrupted', counters.packetsCorrupted],
  ] as const;
  const shown = more.flatMap(([name, count]) => (count ? [`${formatCount(count)} ${name}`] : []));
  const flow = `${formatCount(counters.packetsIn)} packets in, ${formatCount(counters.packetsOut)} out (${formatSize(counters.bytesOut)})`;
  return [flow, ...shown].join(', ');
}

function some(addresses: readonly string[]): string {
  if (addresses.length <= 3) return addresses.join(', ');
  return `${addresses[0]} … ${addresses[addresses.length - 1]} (${addresses.length})`;
}

/** What a link was found to do, for a person. */
export function surveyText(asked: string, { backend, oneWay, rtt, ...rates }: Survey): string {
  const lines = [
    `${asked} (${backend})`,
    `  delay    P50 ${formatDuration(oneWay.delayP50)}, deviation ${formatDuration(oneWay.delayDeviation)}; RTT P50 ${formatDuration(rtt.p50)}`,
    `  packets  ${formatShare(oneWay.lost)} lost (runs of ${oneWay.meanBurst.toFixed(1)}), ${formatShare(oneWay.duplicated)} duplicated`,
    `  order    ${formatShare(oneWay.overtook)} overtook others, ${formatShare(oneWay.reordered)} were overtaken`,
  ];
  if (Number.isFinite(rates.udpBitsPerSecond)) {
    const tcp = rates.tcpBitsPerSecond;
    lines.push(
      `  rate     UDP ${bitRate(rates.udpBitsPerSecond)}${Number.isFinite(tcp) ? `, TCP ${bitRate(tcp)}` : ''}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function bitRate(bits: number): string {
  return bits >= 1e6 ? `${(bits / 1e6).toFixed(2)} Mbit/s` : `${(bits / 1e3).toFixed(1)} kbit/s`;
}
