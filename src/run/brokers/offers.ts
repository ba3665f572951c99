import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import type { CommandBroker, OtherBroker } from '../../scenario/brokers/spec.js';
import type { PlannedCell } from '../../scenario/types.js';
import type { TransportName } from '../../transport/contract.js';

/** @throws MQB_UNSUPPORTED when the broker is known not to have what the cell needs: the cell is not run, the others are */
export function checkOffer(broker: OtherBroker, transport: TransportName, { load }: PlannedCell): void {
  if (broker.kind === 'url') return;
  if (broker.listens[transport] === undefined) throw notOffered(broker, transport, Object.keys(broker.listens));
  const why = lacks(broker, load);
  if (why !== undefined)
    throw unsupported(`the broker ${broker.name} ${why}`, 'leave this broker out with --brokers, or change load');
}

function lacks({ speaks = {} }: CommandBroker, load: PlannedCell['load']): string | undefined {
  const { mqttVersions = [3, 4, 5], qos: highest = 2 } = speaks;
  const qos = Math.max(load.publish?.qos ?? 0, load.subscribe?.qos ?? 0);
  if (!mqttVersions.includes(load.mqttVersion))
    return `does not speak MQTT ${versionNames[load.mqttVersion]}, but ${mqttVersions.map((one) => versionNames[one]).join(' and ')}`;
  return qos > highest ? `has no QoS ${qos}: its highest is ${highest}` : undefined;
}

const versionNames = { 3: '3.1', 4: '3.1.1', 5: '5.0' } as const;

export const notOffered = ({ name }: OtherBroker, transport: TransportName, offered: readonly string[]): MqbenchError =>
  unsupported(`the broker ${name} does not offer ${transport}, but ${offered.join(', ')}`, offerHint[transport]);

const hint = 'say under brokers which transports it listens on';
const offerHint: Readonly<Record<TransportName, string>> = {
  tcp: hint,
  tls: `${hint}, or let nginx end TLS in front of it (terminator: nginx)`,
  ws: hint,
  wss: hint,
  quic: hint,
};

const unsupported = (message: string, remedy: string): MqbenchError =>
  new MqbenchError('MQB_UNSUPPORTED', message, { hint: remedy, exitCode: exitCodes.machine });
