import { formatDuration, formatSize } from '../base/units.js';
import { tickMs } from '../transport/quic/endpoint/scheduler.js';
import { armSettings, clientDefaults, socketBuffer } from '../transport/quic/settings.js';
import { planCells } from './matrix.js';
import { headerBytes, quicTerms } from './quic-terms.js';
import type { PlannedCell, ResolvedArm, ResolvedScenario } from './types.js';

/**
 * In what the arms differ beside their transport, a line each with whom it favours: a reader must know it before he
 * compares them. Empty when they run on equal terms.
 */
export function unequalTerms(scenario: ResolvedScenario): string[] {
  const cells = planCells(scenario); // without those that --only leaves out
  const arms = [...new Set(cells.map((cell) => cell.arm))];
  const some = cells[0];
  if (some === undefined) return [];
  return [...settingsOf(arms), ...eventsOf(scenario, arms), ...betweenStacks(scenario, arms, some)];
}

/** What the scenario sets differently for its arms. */
function settingsOf(arms: readonly ResolvedArm[]): string[] {
  const terms: string[] = [];
  const differ = (what: string, of: (arm: ResolvedArm) => string | undefined): void => {
    const groups = new Map<string, string[]>();
    for (const arm of arms) {
      const value = of(arm);
      if (value !== undefined) groups.set(value, [...(groups.get(value) ?? []), arm.name]);
    }
    if (groups.size < 2) return;
    terms.push(`${what}: ${[...groups].map(([value, names]) => `${value} on ${names.join(', ')}`).join('; ')}`);
  };
  differ('congestion control', (arm) => arm.congestionControl);
  differ('TLS version', (arm) => arm.tlsVersion);
  differ('sessions resumed', (arm) => (arm.tlsVersion === undefined ? undefined : resumptionWords[arm.resumption]));
  differ('early data', (arm) =>
    arm.resumption === 'early-data' ? earlyDataWords[arm.earlyData ?? 'accept'] : undefined,
  );
  differ('streams', (arm) => (isQuic(arm) ? String(arm.streams) : undefined));
  differ('QoS 0', (arm) => (isQuic(arm) ? (arm.datagrams ? 'in datagrams' : 'on streams') : undefined));
  for (const [name, { standard }] of armSettings) {
    const own = arms.flatMap(({ name: arm, quic }) => (quic?.[name] === undefined ? [] : [`${quic[name]} on ${arm}`]));
    if (own.length > 0) terms.push(`QUIC's ${name}: ${own.join('; ')}; ${standard} where it is not set`);
  }
  differ('TLS ended by', (arm) => (arm.transport === 'tls' ? arm.terminator : undefined));
  return terms;
}

function eventsOf({ timeline }: ResolvedScenario, arms: readonly ResolvedArm[]): string[] {
  return timeline.flatMap((event) => {
    const without = arms.filter((arm) => event.arms && !event.arms.includes(arm.name));
    return event.arms && without.length > 0 ? [`${event.name} happens to ${event.arms.join(', ')} only`] : [];
  });
}

/** What QUIC in user space and TCP in the kernel do not have alike, and nobody can set; only where both are compared. */
function betweenStacks(scenario: ResolvedScenario, arms: readonly ResolvedArm[], cell: PlannedCell): string[] {
  const quic = arms.filter(isQuic);
  if (quic.length === 0 || quic.length === arms.length) return [];
  const { load } = cell;
  return [
    ...datagramTerms(scenario, cell),
    ...(quic.some((arm) => arm.congestionControl === 'bbr')
      ? ['pacing: the kernel paces what BBR sends, QUIC sends it at once (favours TCP where queues are short)']
      : []),
    `timers: QUIC's run on a wheel of ${tickMs} ms and may be that late, the kernel's by its own tick (favours TCP, by ${tickMs} ms at most)`,
    ...(load.clients > 1 && quic.some((arm) => !arm.quic?.ownSocket)
      ? [
          `socket buffers: QUIC clients of one address share a UDP socket (${formatSize(socketBuffer)}), TCP clients have one each (favours TCP in a burst; \`receive-drops\` tells)`,
        ]
      : []),
    ...windowTerms(load),
    'processor: all of QUIC runs in broker and generator, much of TCP in kernel work that no process is billed for (favours TCP in broker.*.cpu; machine.message.cpu has both)',
    ...(load.publish
      ? [
          'broker: it reads TCP sockets in turns and lets a PUBACK wait for the delivery beside it, QUIC streams join by themselves (favours TCP in packets, QUIC when overloaded)',
        ]
      : []),
    ...natTerms(scenario, load),
  ];
}

/** Nothing where a full datagram is as large as a full segment. */
function datagramTerms(scenario: ResolvedScenario, cell: PlannedCell): string[] {
  const { maxUdpPayload } = quicTerms(cell, scenario.lab);
  if (!scenario.lab) {
    return [`packets: QUIC's carry ${maxUdpPayload} B, TCP's on loopback 64 KB (favours TCP with large messages)`];
  }
  const mtu = cell.network.profile.mtu ?? 1500;
  return maxUdpPayload + headerBytes > mtu
    ? [`packets: QUIC needs datagrams of ${maxUdpPayload} B, which an MTU of ${mtu} makes two (favours TCP)`]
    : [];
}

/** Told where a client may have more in flight than QUIC lets it send at first. */
function windowTerms({ publish }: PlannedCell['load']): string[] {
  const { streamWindow, maxStreamWindow } = clientDefaults;
  if (publish?.payload.kind !== 'filler' || publish.payload.bytes * publish.inflight <= streamWindow) return [];
  const window = `${formatSize(streamWindow)}, later ${formatSize(maxStreamWindow)}`;
  return [
    `receive windows: QUIC's are ${window} per stream, TCP's what the kernel gives (favours TCP with large messages)`,
  ];
}

/** Longest silence after which the lab's NAT still knows a UDP flow, microseconds: RFC 4787 (REQ-5) recommends it. */
const natUdpMicros = 300e6;

/** Told where clients may be silent for longer than the NAT remembers them over UDP; MQTT's pings come after 3/4 of the keepalive. */
function natTerms({ lab, trafficMicros }: ResolvedScenario, { keepaliveSeconds }: PlannedCell['load']): string[] {
  const silentMicros = keepaliveSeconds === 0 ? trafficMicros : 0.75e6 * keepaliveSeconds;
  if (!lab || Math.min(silentMicros, trafficMicros) <= natUdpMicros) return [];
  return [
    `NAT: it forgets a silent UDP flow after ${formatDuration(natUdpMicros)}, one of TCP after days (favours TCP)`,
  ];
}

const isQuic = (arm: ResolvedArm): boolean => arm.transport === 'quic';

const earlyDataWords = { accept: 'accepted', hold: 'held where a replay does harm', reject: 'rejected' } as const;
const resumptionWords = { none: 'never', ticket: 'by ticket', 'early-data': 'with early data' } as const;
