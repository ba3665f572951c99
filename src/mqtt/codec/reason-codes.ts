import { MqbenchError } from '../../base/errors.js';
import type { MqttVersion } from './packet-types.js';

/** CONNACK return codes of 3.1 and 3.1.1 (MQTT 3.1.1, table 3.1). */
const returnCodes: Readonly<Record<number, string>> = {
  1: 'unacceptable protocol version',
  2: 'client identifier rejected',
  3: 'server unavailable',
  4: 'bad user name or password',
  5: 'not authorised',
};

/** Reason codes of MQTT 5 (section 2.4). */
const reasonCodes: Readonly<Record<number, string>> = {
  0: 'success',
  4: 'disconnect with will message',
  16: 'no matching subscribers',
  128: 'unspecified error',
  129: 'malformed packet',
  130: 'protocol error',
  131: 'implementation specific error',
  132: 'unsupported protocol version',
  133: 'client identifier not valid',
  134: 'bad user name or password',
  135: 'not authorised',
  136: 'server unavailable',
  137: 'server busy',
  138: 'banned',
  139: 'server shutting down',
  140: 'bad authentication method',
  141: 'keepalive timeout',
  142: 'session taken over',
  143: 'topic filter invalid',
  144: 'topic name invalid',
  145: 'packet identifier in use',
  146: 'packet identifier not found',
  147: 'receive maximum exceeded',
  148: 'topic alias invalid',
  149: 'packet too large',
  150: 'message rate too high',
  151: 'quota exceeded',
  152: 'administrative action',
  153: 'payload format invalid',
  154: 'retain not supported',
  155: 'QoS not supported',
  156: 'use another server',
  157: 'server moved',
  158: 'shared subscriptions not supported',
  159: 'connection rate exceeded',
  160: 'maximum connect time',
  161: 'subscription identifiers not supported',
  162: 'wildcard subscriptions not supported',
};

/** A code in words with its number: "not authorised (0x87)". */
export function reasonText(code: number, version: MqttVersion): string {
  // A server that knows no MQTT 5 answers in the older form, and below 0x80 the codes do not collide.
  const words = version === 5 ? (reasonCodes[code] ?? returnCodes[code]) : returnCodes[code];
  const number = version === 5 && code >= 0x80 ? `0x${code.toString(16).padStart(2, '0')}` : String(code);
  return words === undefined ? `code ${number}` : `${words} (${number})`;
}

/** A code as a name without spaces: "not-authorised", "code-7" where it has no words. */
export function reasonName(code: number, version: MqttVersion): string {
  const words = version === 5 ? (reasonCodes[code] ?? returnCodes[code]) : returnCodes[code];
  return words === undefined ? `code-${code}` : words.toLowerCase().replaceAll(' ', '-');
}

/** MQTT 5.0, 3.14.2.1: another client connected with the same client identifier. */
const sessionTakenOver = 142;

/** What helps against take-overs. */
export const ownIdsHint = 'give each run ids of its own: leave --prefix out, or give another one';

/** The server ended the session with DISCONNECT: MQB_TAKEN_OVER or MQB_DISCONNECTED. */
export function sessionEnded(code: number, version: MqttVersion): MqbenchError {
  const says = reasonText(code, version);
  if (code !== sessionTakenOver) {
    return new MqbenchError('MQB_DISCONNECTED', `the broker ended the session: ${says}`, {
      hint: 'look at the log of the broker; the reason code in brackets says what for',
    });
  }
  return new MqbenchError('MQB_TAKEN_OVER', `another client connected with the same client id: ${says}`, {
    hint: ownIdsHint,
  });
}
