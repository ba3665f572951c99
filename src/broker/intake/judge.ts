import { bodyStart } from '../../mqtt/codec/frame-reader.js';
import { packetTypes } from '../../mqtt/codec/packet-types.js';
import type { BrokerLimits } from '../limits.js';
import { farewellOf, versionRefused } from './farewell.js';
import { isSpoken, versionOf } from './rules/connect.js';
import { faultReasons } from './rules/fault.js';
import { faultOf } from './rules/packet.js';

/** Why a client is cut off for what it sent. */
export type Refusal = (
  | { readonly kind: 'too-large'; readonly bytes: number; readonly allowed: number }
  | { readonly kind: 'malformed'; readonly fault: string }
  | { readonly kind: 'version'; readonly version: number }
) & {
  /** The packet that tells the client why, if its version of MQTT has one. */
  readonly farewell: Buffer | undefined;
};

/** Reason code of a packet that is larger than may be (MQTT 5.0, 3.14.2.1). */
const packetTooLarge = 0x95;

/** Whose packets are judged. */
export interface Sender {
  /** Its CONNECT has come. */
  readonly hasConnected: boolean;
  /** Of the protocol, 3 to 5; noted here when its CONNECT tells. */
  version: number;
  /** Largest packet that it takes, bytes. */
  readonly most: number;
}

/**
 * Whether a packet may be acted upon. Its length is judged when the fixed header is there, before a byte of the body is kept.
 * @param end offset behind the packet: 0 while its length is unknown, -1 when that is none
 */
export function judge(
  sender: Sender,
  { connectBytes, packetBytes }: Pick<BrokerLimits, 'connectBytes' | 'packetBytes'>,
  buffer: Buffer,
  at: number,
  end: number,
): Refusal | undefined {
  if (end < 0) return malformed(sender, 'a remaining length of more than four bytes', faultReasons.malformed);
  if (end === 0) return undefined;
  const allowed = sender.hasConnected ? packetBytes : connectBytes;
  if (end - at > allowed) {
    const farewell = farewellTo(sender, packetTooLarge, `${end - at} bytes, and ${allowed} are allowed`);
    return { kind: 'too-large', bytes: end - at, allowed, farewell };
  }
  if (end > buffer.length) return undefined;
  const body = bodyStart(buffer, at);
  if (!sender.hasConnected && (buffer[at] as number) >> 4 === packetTypes.connect) {
    sender.version = versionOf(buffer, body, end) ?? 4;
    if (!isSpoken(sender.version)) return { kind: 'version', version: sender.version, farewell: versionRefused };
  }
  const fault = faultOf(buffer, at, body, end, sender.version);
  return fault === undefined ? undefined : malformed(sender, fault.says, fault.reason);
}

const malformed = (sender: Sender, fault: string, reason: number): Refusal => ({
  kind: 'malformed',
  fault,
  farewell: farewellTo(sender, reason, fault),
});

const farewellTo = ({ version, hasConnected, most }: Sender, reason: number, says: string): Buffer | undefined =>
  version === 5 ? farewellOf(!hasConnected, reason, says, most) : undefined;
