import type { Duplex } from 'node:stream';
import { generate } from 'mqtt-packet';
import type { Connection } from '../../transport/contract.js';

/** How long a client has to read why it is cut off, ms: several round trips of any network, and nobody is kept for longer. */
const readingMs = 500;

/**
 * The packet that ends an MQTT 5 connection with a reason: CONNACK before the client is connected, else DISCONNECT
 * (MQTT 5.0, 4.13).
 * @param most bytes that the client takes; the text is left out where it would be too much [MQTT-3.14.2-3]
 */
export function farewellOf(isConnecting: boolean, reasonCode: number, reasonString: string, most: number): Buffer {
  const whole = encode(isConnecting, reasonCode, { reasonString });
  return whole.length > most ? encode(isConnecting, reasonCode) : whole;
}

function encode(isConnecting: boolean, reasonCode: number, properties?: { reasonString: string }): Buffer {
  const says = properties === undefined ? { reasonCode } : { reasonCode, properties };
  return isConnecting
    ? generate({ cmd: 'connack', sessionPresent: false, ...says }, { protocolVersion: 5 })
    : generate({ cmd: 'disconnect', ...says }, { protocolVersion: 5 });
}

/** CONNACK of MQTT 3.1.1, for a version that is not spoken [MQTT-3.1.2-2]: nobody knows what others can read. */
export const versionRefused = generate({ cmd: 'connack', sessionPresent: false, returnCode: 1 });

/**
 * Sends it as the last bytes of the connection. The connection then stays for a moment: closed at once, with bytes of the client
 * unread, TCP would answer them with a reset that takes away what the client has not read yet.
 */
export function sayFarewell(stream: Duplex, connection: Connection, farewell: Buffer): void {
  stream.end(farewell);
  const timer = setTimeout(() => {
    connection.abort();
    stream.destroy(); // a QUIC connection that its client has closed meanwhile leaves it to be read, which nobody does
  }, readingMs).unref();
  stream.once('close', () => clearTimeout(timer));
}
