import { MqbenchError, messageOf } from '../base/errors.js';
import type { Connack } from '../mqtt/codec/control-packets.js';
import type { MqttVersion } from '../mqtt/codec/packet-types.js';
import { ownIdsHint, reasonText } from '../mqtt/codec/reason-codes.js';
import { lossError } from '../transport/dial-errors.js';

// What happens to virtual clients, in words: who refused, where it stopped. Ten thousand clients with the
// same trouble are one line, so these messages do not carry a client's id.

/** How far a connection had come when it ended; that decides what can be the reason. */
export interface HowFar {
  readonly beforeConnack: boolean;
  /** The same address has let other clients in, so it speaks MQTT over this transport. */
  readonly othersConnected: boolean;
}

/** Something thrown while dialling or reading. */
export function clientError(error: unknown, where: string, howFar: HowFar): MqbenchError {
  if (error instanceof MqbenchError) return error;
  const hint = howFar.beforeConnack ? earlyHint(where, howFar) : cutHint;
  const told = lossError(where, error, { peer: hint, path: pathHint });
  return (
    told ?? new MqbenchError('MQB_LOST', `connection to ${where} lost: ${messageOf(error)}`, { hint, cause: error })
  );
}

const cutHint = 'the broker, or something on the way to it, ended it: look at its log';
const pathHint = 'the path may be dead, or the machine of the broker: compare with mqbench probe';

/** Ended before CONNACK. Who speaks TLS ends a connection without it in silence, mostly. */
function earlyHint(where: string, { othersConnected }: HowFar): string {
  if (othersConnected) {
    return 'others were let in: the broker may have no room for more (limits of connections and descriptors, see its log), or not allow these client ids';
  }
  const isPlain = where.startsWith('mqtt://');
  const isEncrypted = /^(mqtts|wss|quic):/.test(where);
  return [
    'check that this port speaks MQTT of the version asked for',
    isPlain ? ' (one that speaks TLS needs mqtts:// or wss://)' : '',
    ', that the client id is allowed, and that the broker has room for more clients',
    isEncrypted ? '; it may also demand a client certificate (--cert, --key)' : '',
  ].join('');
}

const credentials = 'give the user name and password that this broker accepts: -u <name> -P <text>';
// 1 is of MQTT 3, 132 of MQTT 5; some brokers answer a CONNECT of MQTT 5 with the old code.
const otherVersion =
  'ask for another version, e.g. -V 4; mqbench broker speaks MQTT 3.1, 3.1.1 and 5, and mqbench probe tells what a broker speaks';
const otherId = 'give ids that this broker accepts: --prefix <text>, or --shortids';
const wait = 'connect fewer clients, or more slowly (-R), and look at the load and the log of the broker';

/** What helps against a refused CONNECT, by return code (3.1.1) or reason code (5). */
const connackHints: Readonly<Record<number, string>> = {
  1: otherVersion,
  2: otherId,
  3: wait,
  4: credentials,
  5: credentials,
  132: otherVersion,
  133: otherId,
  134: credentials,
  135: credentials,
  136: wait,
  137: wait,
  138: 'this broker has banned these clients, or this address: look at its log',
  149: 'the CONNECT packet is too large for this broker: shorten will, user properties and password',
  151: wait,
  159: wait,
};
const accessRules = 'the access rules of the broker may forbid this topic to this user: see its log, -u, -P and -t';

export function connackRefused(connack: Connack, version: MqttVersion, where: string): MqbenchError {
  const says = reasonText(connack.code, version);
  const more = connack.reason === undefined ? '' : `: ${connack.reason}`;
  const hint = connackHints[connack.code] ?? 'look at the log of the broker';
  return new MqbenchError(`MQB_CONNACK_${connack.code}`, `the broker ${where} refused CONNECT: ${says}${more}`, {
    hint,
  });
}

export function subscribeRefused(code: number, version: MqttVersion, where: string): MqbenchError {
  const says = version === 5 ? reasonText(code, version) : 'failure (0x80)';
  return new MqbenchError(`MQB_SUBACK_${code}`, `the broker ${where} refused SUBSCRIBE: ${says}`, {
    hint: accessRules,
  });
}

export function publishRefused(code: number, where: string): { code: string; message: string; hint: string } {
  const message = `the broker ${where} refused PUBLISH: ${reasonText(code, 5)}`;
  const hint = code === 135 ? accessRules : code === 151 ? wait : 'look at the log of the broker';
  return { code: `MQB_PUBACK_${code}`, message, hint };
}

export function noDatagrams(where: string): MqbenchError {
  return new MqbenchError('MQB_QUIC_DATAGRAM', `publish in datagrams to ${where}: the peer takes none`, {
    hint: 'QoS 0 in datagrams is a profile of mqbench’s own (docs/quic.md): use mqbench broker --datagrams, or leave --datagrams out',
  });
}

export function closedByPeer(where: string, howFar: HowFar): MqbenchError {
  return howFar.beforeConnack
    ? new MqbenchError('MQB_CLOSED_EARLY', `the broker ${where} closed the connection before CONNACK`, {
        hint: earlyHint(where, howFar),
      })
    : new MqbenchError('MQB_CLOSED', `the broker ${where} closed the connection`, {
        hint: 'a broker also does so when another client connects with the same id: give each run ids of its own (leave --prefix out, or give another one); with -V 5 it names its reason',
      });
}

/** Of a client, the one time at which it has become clear. */
export function thrownOut(where: string): MqbenchError {
  return new MqbenchError(
    'MQB_THROWN_OUT',
    `let in by the broker ${where} and thrown out again, time after time: another client with the same id takes the session over by turns`,
    { hint: ownIdsHint },
  );
}

export function silent(where: string, afterMicros: number): MqbenchError {
  const seconds = (afterMicros / 1e6).toFixed(1);
  return new MqbenchError('MQB_SILENT', `nothing came from ${where} for ${seconds} s although an answer was due`, {
    hint: 'the path may be dead, or the broker busy: compare with mqbench probe, and look at the log of the broker',
  });
}

/** @param allowedMicros what was asked for, not how late it was noticed that it is over */
export function noAnswer(packet: 'CONNACK' | 'SUBACK', where: string, allowedMicros: number): MqbenchError {
  const seconds = Number((allowedMicros / 1e6).toFixed(3));
  return new MqbenchError(`MQB_NO_${packet}`, `no ${packet} from ${where} within ${seconds} s`, {
    hint: 'the broker accepted the connection but does not answer; look at its load and its log',
  });
}
