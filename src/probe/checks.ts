import type { MqttVersion } from '../mqtt/codec/packet-types.js';
import { isEncrypted, type TransportName } from '../transport/contract.js';
import type { Question } from './check.js';
import {
  checkGarbage,
  checkKeepalive,
  checkMaximumPacket,
  checkReceiveMaximum,
  checkTickets,
  checkVersion,
} from './checks/connect.js';
import { checkPersistent, checkQos, checkRetained, checkShared, checkWildcards, checkWill } from './checks/delivery.js';
import { checkNagle } from './checks/nagle.js';
import {
  checkActiveMigration,
  checkAddressChange,
  checkEarlyData,
  checkIdleTimeout,
  checkReplay,
  checkRetry,
  checkServerStreams,
  checkStreams,
} from './checks/quic.js';
import { checkSizes } from './checks/sizes.js';

export { checkTransport } from './checks/connect.js';

const versions: readonly MqttVersion[] = [3, 4, 5];
const levels = [0, 1, 2] as const;

/** Everything that a broker is asked over one transport, in the order of asking. */
const ofAll: readonly Question[] = [
  ...versions.map(
    (version): Question =>
      (target) =>
        checkVersion(target, version),
  ),
  ...levels.map(
    (qos): Question =>
      (target) =>
        checkQos(target, qos),
  ),
  checkRetained,
  checkWildcards,
  checkShared,
  checkPersistent,
  checkWill,
  checkSizes,
  checkGarbage,
];
const ofMqtt5: readonly Question[] = [checkReceiveMaximum, checkMaximumPacket, checkKeepalive];
const ofTls: readonly Question[] = [checkTickets];
/** In order: what changes a connection comes last. */
const ofQuic: readonly Question[] = [
  checkEarlyData,
  checkReplay,
  checkStreams,
  checkServerStreams,
  checkRetry,
  checkIdleTimeout,
  checkActiveMigration,
  checkAddressChange,
];

/** @param speaks5 a broker that does not speak MQTT 5 is not asked for what only that has */
export function questionsOf(transport: TransportName, speaks5: () => boolean): readonly Question[] {
  const only5 = ofMqtt5.map(
    (ask): Question =>
      async (target) =>
        speaks5() ? ask(target) : { what: '', outcome: 'skipped', detail: '' },
  );
  return [
    ...ofAll,
    ...only5,
    ...(isEncrypted(transport) ? ofTls : []),
    ...(transport === 'quic' ? ofQuic : [checkNagle]),
  ];
}
