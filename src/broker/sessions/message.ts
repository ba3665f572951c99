/** A PUBLISH as aedes hands it on; what it says is shared by all who get it, so nobody changes it. */
export interface Message {
  readonly topic: string;
  readonly payload: Buffer | string;
  /** Of the PUBLISH; 0 where it is left out. */
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** Its publisher's; absent for the broker's own. */
  readonly clientId?: string;
  /** Tells the messages of a broker apart. */
  readonly brokerCounter: number;
  readonly properties?: MessageProperties;
  /** When it is no longer to be delivered, ms since 1970 (MQTT 5.0, 3.3.2.3.3). */
  readonly messageExpiry?: number;
}

/** Properties of a PUBLISH that go on to its subscribers as they are (MQTT 5.0, 3.3.2.3). */
export interface MessageProperties {
  readonly payloadFormatIndicator?: boolean;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Buffer;
  readonly userProperties?: Readonly<Record<string, string | readonly string[]>>;
  /** The same as they came, where there are several, since their order means something. */
  readonly userPropertyBytes?: Buffer | undefined;
  /** Seconds, as the publisher gave them; of a retained message those that are left. */
  readonly messageExpiryInterval?: number;
  /** Of the subscription that a retained message is sent for. */
  readonly subscriptionIdentifier?: number;
}

/** How one session gets a message: what its subscriptions make of it. */
export interface Terms {
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** Identifiers of the subscriptions that matched, as far as they have one. */
  readonly identifiers: readonly number[];
}

/** Beside its topic and payload, a message costs this while it is kept: objects, bytes, by estimate. */
const overheadBytes = 256;

export const sizeOf = ({ topic, payload }: Message): number => overheadBytes + topic.length + payload.length;

/**
 * A message that stays: its bytes become its own. As they came they are parts of what a socket has read, up to 64 KB which would be kept
 * alive for the sake of a few: 2,000 messages of one byte that waited took 180 MB.
 */
export function settle(message: Message): void {
  const own = message as { payload: Message['payload']; properties?: MessageProperties };
  own.payload = ownBytes(message.payload);
  const { properties } = message;
  const correlationData = properties?.correlationData;
  if (correlationData === undefined || ownBytes(correlationData) === correlationData) return;
  own.properties = { ...properties, correlationData: ownBytes(correlationData) };
}

/** More of a buffer than this beside the bytes that are meant is not kept for them. */
const spareBytes = 16 * 1024;

function ownBytes<Bytes extends Buffer | string>(bytes: Bytes): Bytes {
  const isOwn = typeof bytes === 'string' || bytes.buffer.byteLength <= bytes.length + spareBytes;
  return isOwn ? bytes : (Buffer.from(bytes as Buffer) as Bytes);
}
