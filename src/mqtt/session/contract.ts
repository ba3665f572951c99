import type { Clock } from '../../base/clock.js';
import type { MqbenchError } from '../../base/errors.js';
import type { ConnectionDatagrams } from '../../transport/contract.js';
import type { Connack, ConnectOptions } from '../codec/control-packets.js';
import type { Qos } from '../codec/packet-types.js';
import type { Authentication } from './authentication.js';
import type { StreamSource } from './data-streams.js';
import type { DirectWriter } from './outbox.js';

/** What a session tells its owner. All times are monotonic microseconds, one reading per chunk that arrived. */
export interface SessionEvents {
  onConnack(connack: Connack, now: number): void;
  onSuback(granted: readonly number[], now: number): void;
  /** A PUBLISH; the payload lies in buffer[start, end) and only during the call. */
  onMessage(buffer: Buffer, start: number, end: number, qos: Qos, dup: boolean, now: number): void;
  /** PUBACK or PUBCOMP. A reason of 0x80 and above is a refusal (MQTT 5). */
  onAcknowledged(flow: number, sequence: number, due: number, written: number, reason: number, now: number): void;
  /**
   * The broker gave a reason other than plain success: by packet type, CONNACK, PUBACK, PUBREC, PUBCOMP, SUBACK (also where
   * it granted less than asked) or DISCONNECT, whatever its code.
   */
  onReason?(packet: number, code: number): void;
  /** A chunk was handled: slots may be free. Publishing from here goes out in the same write as the acknowledgements. */
  onTurn(now: number): void;
  /** The peer broke the protocol or refused; the owner ends the connection. */
  onProblem(error: MqbenchError): void;
  /** The peer sent what it may not, and the connection goes on: a broker that is not to be trusted. */
  onViolation?(error: MqbenchError): void;
  /** A data stream ended by itself; {@link Session.restore} opens it again with all that was on it. */
  onStreamLost?(stream: number, now: number): void;
}

export interface SessionOptions extends ConnectOptions {
  /** The client proves who it is in an exchange of AUTH packets. MQTT 5 only. */
  readonly authentication?: Authentication;
  /** Most unacknowledged publishes, 1 … 65,535. */
  readonly window: number;
  readonly clock?: Clock;
  /** Largest PUBLISH that may come, in bytes; a larger one ends the connection. Default: the largest that MQTT has. */
  readonly mostBytes?: number;
  /** May use data streams; each is opened with its priority (by logical number from 1), higher is more important. */
  readonly streams?: { readonly priorities: readonly number[] };
}

/** What a connection has beside its control stream, as far as the session is to use it. */
export interface Extras {
  readonly streams?: StreamSource | undefined;
  readonly datagrams?: ConnectionDatagrams | undefined;
  /** Writes past the stream where that can be done. */
  readonly direct?: DirectWriter;
}
