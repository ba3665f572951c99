import type { MetricSet, PhaseUse } from '../result/types.js';
import type { ResolvedLoad } from '../scenario/types.js';

type Values = MetricSet['values'];

/**
 * What one connect and one message cost the broker and the wire, from the bills
 * of the phases. Bytes and packets are those that entered the access link, IP
 * headers included, so retransmissions count. Without a lab there is no wire.
 */
export function costValues(phases: readonly PhaseUse[], load: ResolvedLoad, values: Values): Values {
  const connect = phases.find((phase) => phase.name === 'connect');
  const traffic = phases.filter((phase) => phase.name !== 'connect');
  const clients = values['clients.connected'] ?? 0;
  const messages = (load.publish?.qos === 0 ? values['messages.sent'] : values['messages.acknowledged']) ?? 0;
  return defined({
    ...(connect && clients > 0
      ? {
          'wire.connect.up': of(connect, 'up', 'bytesIn') / clients,
          'wire.connect.down': of(connect, 'down', 'bytesIn') / clients,
          'wire.connect.packets': (of(connect, 'up', 'packetsIn') + of(connect, 'down', 'packetsIn')) / clients,
          'broker.connect.cpu': brokerCpu(connect) / clients,
        }
      : {}),
    ...(load.publish && messages > 0
      ? {
          'wire.message.up': sum(traffic, (phase) => of(phase, 'up', 'bytesIn')) / messages,
          'wire.message.down': sum(traffic, (phase) => of(phase, 'down', 'bytesIn')) / messages,
          'wire.message.packets':
            sum(traffic, (phase) => of(phase, 'up', 'packetsIn') + of(phase, 'down', 'packetsIn')) / messages,
          'broker.message.cpu': sum(traffic, brokerCpu) / messages,
        }
      : {}),
    // A fleet that reconnects is not idle.
    ...(!load.publish && clients > 0 && values['clients.reconnected'] === undefined
      ? idleValues(traffic, clients)
      : {}),
  });
}

/** Of a fleet that only keeps its connections: per client and minute. */
function idleValues(traffic: readonly PhaseUse[], clients: number): Values {
  const minutes = sum(traffic, (phase) => phase.durationMicros) / 60e6;
  return {
    'wire.idle.up': sum(traffic, (phase) => of(phase, 'up', 'bytesIn')) / clients / minutes,
    'wire.idle.down': sum(traffic, (phase) => of(phase, 'down', 'bytesIn')) / clients / minutes,
  };
}

const of = (phase: PhaseUse, direction: 'up' | 'down', counter: string): number =>
  phase.link?.[direction]?.[counter] ?? Number.NaN;

/** nginx, where it ends TLS, does a part of the broker's work and is billed with it. */
const brokerCpu = (phase: PhaseUse): number =>
  sum(
    phase.resources.filter(({ role }) => role === 'broker' || role === 'nginx'),
    (role) => role.cpuUserMicros + role.cpuSystemMicros,
  );

function sum<T>(list: readonly T[], value: (one: T) => number): number {
  return list.reduce((total, one) => total + value(one), 0);
}

/** Only numbers that are numbers. */
function defined(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
}
