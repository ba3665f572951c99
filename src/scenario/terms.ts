import { formatDuration, formatSize } from '../base/units.js';
import { tickMs } from '../transport/quic/endpoint/scheduler.js';
import { armSettings, clientDefaults, type QuicSettings, socketBuffer } from '../transport/quic/settings.js';
import { included } from './brokers/presets.js';
import { differences } from './language/arm.js';
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
  const usual = { ...clientDefaults, ...quicTerms({ ...some, arm: { ...some.arm, quic: {} } }, scenario.lab) };
  return [...settingsOf(arms, usual), ...eventsOf(scenario, arms), ...betweenStacks(scenario, arms, some, usual)];
}

/** What the scenario sets differently for its arms. @param usual settings of QUIC where an arm has none of its own */
function settingsOf(arms: readonly ResolvedArm[], usual: QuicSettings): string[] {
  const own = armSettings.flatMap(([name]) => {
    const set = arms.flatMap(({ name: arm, quic }) => (quic?.[name] === undefined ? [] : [`${quic[name]} on ${arm}`]));
    return set.length > 0 ? [`QUIC's ${name}: ${set.join('; ')}; ${usual[name]} where it is not set`] : [];
  });
  const different = (what: string, groups: readonly string[]): string[] =>
    groups.length > 1 ? [`${what}: ${groups.join('; ')}`] : [];
  const brokers = alike(arms, ({ broker }) => broker?.name ?? included);
  const terms = differences.flatMap(([what, has]) => different(what, alike(arms, has)));
  return [...different('broker, with the settings and limits of its own', brokers), ...terms, ...own];
}

/** What arms have in common, and which do: `cubic on tcp, quic`. */
function alike(arms: readonly ResolvedArm[], of: (arm: ResolvedArm) => string | undefined): string[] {
  const values = [...new Set(arms.map(of))].filter((value) => value !== undefined);
  return values.map((value) => {
    const names = arms.filter((arm) => of(arm) === value).map(({ name }) => name);
    return `${value} on ${names.join(', ')}`;
  });
}

function eventsOf({ timeline }: ResolvedScenario, arms: readonly ResolvedArm[]): string[] {
  return timeline.flatMap((event) => {
    const without = arms.filter((arm) => event.arms && !event.arms.includes(arm.name));
    return event.arms && without.length > 0 ? [`${event.name} happens to ${event.arms.join(', ')} only`] : [];
  });
}

/** What QUIC in user space and TCP in the kernel do not have alike, and nobody can set; only where both are compared. */
function betweenStacks(
  scenario: ResolvedScenario,
  arms: readonly ResolvedArm[],
  { load, network }: PlannedCell,
  usual: QuicSettings,
): string[] {
  const quic = arms.filter(isQuic);
  if (quic.length === 0 || quic.length === arms.length) return [];
  const mtu = scenario.lab && (network.profile.mtu ?? 1500);
  return [
    ...datagramTerms(mtu, quic, usual),
    ...(quic.some((arm) => arm.congestionControl === 'bbr')
      ? ['pacing: the kernel paces what BBR sends, QUIC sends it at once (favours TCP where queues are short)']
      : []),
    `timers: QUIC's run on a wheel of ${tickMs} ms and may be that late, the kernel's by its own tick (favours TCP, by ${tickMs} ms at most)`,
    ...(load.clients > 1 && quic.some((arm) => !arm.quic?.ownSocket)
      ? [
          `socket buffers: QUIC clients of one address share a UDP socket (${formatSize(socketBuffer)}), TCP clients have one each (favours TCP in a burst; \`receive-drops\` tells)`,
        ]
      : []),
    ...windowTerms(load, quic, usual),
    'processor: all of QUIC runs in broker and generator, much of TCP in kernel work that no process is billed for (favours TCP in broker.*.cpu; machine.message.cpu has both)',
    ...(load.publish && arms.some(({ broker }) => broker === undefined)
      ? [
          'broker: the included one reads TCP sockets in turns and lets a PUBACK wait for the delivery beside it, QUIC streams join by themselves (favours TCP in packets, QUIC when overloaded)',
        ]
      : []),
    ...natTerms(scenario, load),
  ];
}

/** Nothing where a full datagram is as large as a full segment. @param mtu undefined: loopback */
function datagramTerms(mtu: number | undefined, arms: readonly ResolvedArm[], usual: QuicSettings): string[] {
  const payloads = alike(arms, ({ quic }) => {
    const { maxUdpPayload } = { ...usual, ...quic };
    return mtu === undefined || maxUdpPayload + headerBytes > mtu ? `${maxUdpPayload} B` : undefined;
  });
  if (payloads.length === 0) return [];
  return [
    mtu === undefined
      ? `packets: QUIC's carry ${payloads.join('; ')}, TCP's on loopback 64 KB (favours TCP with large messages)`
      : `packets: QUIC needs datagrams of ${payloads.join('; ')}, which an MTU of ${mtu} makes two (favours TCP)`,
  ];
}

/** Told of the arms in which a client may have more in flight than QUIC lets it send at first. */
function windowTerms({ publish }: PlannedCell['load'], arms: readonly ResolvedArm[], usual: QuicSettings): string[] {
  if (publish?.payload.kind !== 'filler') return [];
  const inflight = publish.payload.bytes * publish.inflight;
  const windows = alike(arms, ({ quic }) => {
    const { streamWindow, maxStreamWindow } = { ...usual, ...quic };
    return inflight <= streamWindow
      ? undefined
      : `${formatSize(streamWindow)}, later ${formatSize(maxStreamWindow)} per stream`;
  });
  if (windows.length === 0) return [];
  return [
    `receive windows: QUIC's are ${windows.join('; ')}, TCP's what the kernel gives (favours TCP with large messages)`,
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
