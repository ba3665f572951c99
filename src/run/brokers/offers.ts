import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import { highestSent } from '../../plan/plan.js';
import type { OtherBroker, Speaks } from '../../scenario/brokers/spec.js';
import type { PlannedCell } from '../../scenario/types.js';
import type { TransportName } from '../../transport/contract.js';

/** @throws MQB_UNSUPPORTED when the broker is known not to have what the cell needs: the cell is not run, the others are */
export function checkOffer(broker: OtherBroker, transport: TransportName, cell: PlannedCell): void {
  if (broker.kind === 'url') return;
  const { listens, speaks = {} } = broker;
  if (listens[transport] === undefined) throw notOffered(broker, transport, Object.keys(listens));
  const missing = needs(cell).find(({ isIn }) => !isIn(speaks));
  if (missing) throw unsupported(`the broker ${broker.name} has no ${missing.what}`);
}

interface Need {
  readonly what: string;
  /** Of MQTT, where that is what is needed. */
  readonly version?: 3 | 4 | 5;
  readonly isIn: (speaks: Speaks) => boolean;
}

interface AnyFleets {
  readonly fleets?: readonly Pick<PlannedCell, 'load'>[];
}

/** What a cell needs of a broker beside its transport, as `mqbench probe` calls it. */
export function needs({ load, fleets = [{ load }] }: Pick<PlannedCell, 'load'> & AnyFleets): readonly Need[] {
  const { publish } = load;
  const levels = fleets.map((one) => Math.max(highestSent(one.load), one.load.subscribe?.qos ?? 0));
  const qos = Math.max(0, ...levels);
  const versions = [...new Set(fleets.map((fleet) => fleet.load.mqttVersion))];
  return [
    ...versions.map((version) => ({
      what: `MQTT ${versionNames[version]}`,
      version,
      isIn: ({ mqttVersions = [3, 4, 5] }: Speaks) => mqttVersions.includes(version),
    })),
    ...(publish && qos > 0 ? [{ what: `QoS ${qos}`, isIn: ({ qos: highest = 2 }: Speaks) => qos <= highest }] : []),
  ];
}

const versionNames = { 3: '3.1', 4: '3.1.1', 5: '5.0' } as const;

export const notOffered = ({ name }: OtherBroker, transport: TransportName, offered: readonly string[]): MqbenchError =>
  unsupported(
    `the broker ${name} does not offer ${transport}, but ${offered.join(', ')}`,
    'mqbench gateway brings it to any broker that speaks TCP: terminator: gateway (for TLS also nginx)',
  );

export const unsupported = (message: string, hint?: string): MqbenchError =>
  new MqbenchError('MQB_UNSUPPORTED', message, { hint, exitCode: exitCodes.machine });
