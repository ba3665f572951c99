import './number-cache.js';
import { generate, type IConnackPacket, type Packet, parser } from 'mqtt-packet';
import { MqbenchError } from '../../base/errors.js';
import { afterVariable, bodyStart } from './frame-reader.js';
import { malformed } from './packet-fields.js';
import type { MqttVersion, Qos } from './packet-types.js';

export interface Will {
  readonly topic: string;
  readonly payload: string;
  readonly qos: Qos;
  readonly retain: boolean;
  /** MQTT 5 only; ignored by older versions. */
  readonly properties?: WillProperties;
}

/** Of the will; times in seconds (MQTT 5.0, 3.1.3.2). */
export interface WillProperties {
  readonly willDelayInterval?: number;
  readonly payloadFormatIndicator?: boolean;
  readonly messageExpiryInterval?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: string | Buffer;
  readonly userProperties?: UserProperties;
}

/** By name; a name may come several times (MQTT 5.0, 3.1.2.11.8). */
export type UserProperties = Readonly<Record<string, string | readonly string[]>>;

export interface ConnectOptions {
  readonly version: MqttVersion;
  readonly clientId: string;
  /** Clean session (3.1, 3.1.1) or clean start (5). */
  readonly clean: boolean;
  /** 0 … 65,535; 0 switches keepalive off. */
  readonly keepaliveSeconds: number;
  readonly username?: string;
  readonly password?: string;
  readonly will?: Will;
  /** MQTT 5 only; ignored by older versions. */
  readonly properties?: {
    readonly sessionExpiryInterval?: number;
    readonly receiveMaximum?: number;
    readonly maximumPacketSize?: number;
    readonly topicAliasMaximum?: number;
    /** Default false: the server says nothing of where it would have responses sent. */
    readonly requestResponseInformation?: boolean;
    /** Default true: reasons may come with a text. */
    readonly requestProblemInformation?: boolean;
    readonly userProperties?: UserProperties;
    readonly authenticationMethod?: string;
    readonly authenticationData?: Buffer;
  };
}

export interface Connack {
  readonly sessionPresent: boolean;
  /** 0 is accepted. 3.1.1: table 3.1; 5: section 3.2.2.2. */
  readonly code: number;
  /** The server's receive maximum (MQTT 5), else 65,535. */
  readonly receiveMaximum: number;
  /** Seconds the server wants instead of ours (MQTT 5). */
  readonly serverKeepalive?: number;
  /** Highest topic alias the server takes (MQTT 5); 0: none. */
  readonly topicAliasMaximum: number;
  /** Bytes of the largest packet that the server takes (MQTT 5); undefined: of any size. */
  readonly maximumPacketSize?: number;
  readonly reason?: string;
  /** Of enhanced authentication (MQTT 5). */
  readonly authenticationData?: Buffer;
}

export const pingreq = Buffer.from([0xc0, 0]);
/** DISCONNECT with reason 0, which all versions write alike. */
export const disconnect = Buffer.from([0xe0, 0]);

/** @throws MQB_PROTOCOL when the options cannot be written, e.g. a client id of more than 65,535 bytes */
export function encodeConnect(options: ConnectOptions): Buffer {
  const { version, will, username, password } = options; // each once: a token is made when it is asked for
  const properties = options.properties ? { ...options.properties } : undefined;
  return encode(
    {
      cmd: 'connect',
      protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
      protocolVersion: version,
      clientId: options.clientId,
      clean: options.clean,
      keepalive: options.keepaliveSeconds,
      username,
      password: password === undefined ? undefined : Buffer.from(password),
      will: will && willOf(will, version),
      properties: version === 5 ? properties : undefined,
    } as Packet,
    version,
  );
}

function willOf({ topic, payload, qos, retain, properties }: Will, version: MqttVersion): object {
  const will = { topic, payload: Buffer.from(payload), qos, retain };
  if (version !== 5 || properties === undefined) return will;
  const { correlationData: data, ...others } = properties;
  return { ...will, properties: data === undefined ? others : { ...others, correlationData: Buffer.from(data) } };
}

export function encodeSubscribe(
  version: MqttVersion,
  packetId: number,
  subscriptions: readonly { readonly topic: string; readonly qos: Qos }[],
): Buffer {
  const packet = { cmd: 'subscribe', messageId: packetId, subscriptions: subscriptions.map((s) => ({ ...s })) };
  return encode(packet as Packet, version);
}

/** Encoded v5 properties of a PUBLISH, without their length, for {@link PublishTemplate}. */
export function encodePublishProperties(properties: Record<string, unknown>): Buffer {
  const packet = { cmd: 'publish', topic: 't', qos: 0, dup: false, retain: false, payload: '', properties };
  const bytes = encode(packet as Packet, 5);
  // Fixed header, 2 bytes topic length, 1 byte topic, then the property length that the template writes itself.
  return Buffer.from(bytes.subarray(afterVariable(bytes, bodyStart(bytes, 0) + 3)));
}

/** @param packet the whole packet. @throws MQB_PROTOCOL */
export function decodeConnack(packet: Buffer, version: MqttVersion): Connack {
  const parsed = decode(packet, version) as IConnackPacket & { properties?: Record<string, unknown> };
  const receiveMaximum = parsed.properties?.receiveMaximum;
  const serverKeepalive = parsed.properties?.serverKeepAlive;
  const maximumPacketSize = parsed.properties?.maximumPacketSize;
  const topicAliasMaximum = parsed.properties?.topicAliasMaximum;
  const reason = parsed.properties?.reasonString;
  const authenticationData = parsed.properties?.authenticationData;
  return {
    sessionPresent: parsed.sessionPresent === true,
    code: (version === 5 ? parsed.reasonCode : parsed.returnCode) ?? 0,
    receiveMaximum: typeof receiveMaximum === 'number' && receiveMaximum > 0 ? receiveMaximum : 65_535,
    topicAliasMaximum: typeof topicAliasMaximum === 'number' ? topicAliasMaximum : 0,
    maximumPacketSize: typeof maximumPacketSize === 'number' ? maximumPacketSize : undefined,
    serverKeepalive: typeof serverKeepalive === 'number' ? serverKeepalive : undefined,
    reason: typeof reason === 'string' ? reason : undefined,
    authenticationData: Buffer.isBuffer(authenticationData) ? authenticationData : undefined,
  };
}

/** AUTH (MQTT 5.0, 3.15). */
export function encodeAuth(reasonCode: number, authenticationMethod: string, authenticationData: Buffer): Buffer {
  return encode({ cmd: 'auth', reasonCode, properties: { authenticationMethod, authenticationData } } as Packet, 5);
}

/** @throws MQB_PROTOCOL */
export function decodeAuth(packet: Buffer): { readonly code: number; readonly method: string; readonly data: Buffer } {
  const { reasonCode = 0, properties } = decode(packet, 5) as {
    reasonCode?: number;
    properties?: Record<string, unknown>;
  };
  const { authenticationMethod: method, authenticationData: data } = properties ?? {};
  return { code: reasonCode, method: String(method ?? ''), data: Buffer.isBuffer(data) ? data : Buffer.alloc(0) };
}

/** @returns for each of the filters the granted QoS, or 0x80 and above for a refusal. @throws MQB_PROTOCOL */
export function decodeSuback(packet: Buffer, version: MqttVersion, filters: number): readonly number[] {
  const { granted = [] } = decode(packet, version) as { granted?: number[] };
  if (granted.length === filters && granted.every((code) => code <= 2 || code >= 0x80)) return granted;
  throw malformed(
    `SUBACK with the codes [${granted.join(', ')}] for ${filters} ${filters === 1 ? 'filter' : 'filters'}`,
  );
}

/** The reason code of a DISCONNECT that a v5 server sent; 0 without one. */
export function decodeDisconnect(packet: Buffer, version: MqttVersion): number {
  return version === 5 ? ((decode(packet, version) as { reasonCode?: number }).reasonCode ?? 0) : 0;
}

function encode(packet: Packet, version: MqttVersion): Buffer {
  try {
    return generate(packet, { protocolVersion: version } as never);
  } catch (error) {
    throw new MqbenchError('MQB_PROTOCOL', `cannot write ${packet.cmd}: ${(error as Error).message}`, { cause: error });
  }
}

function decode(bytes: Buffer, version: MqttVersion): unknown {
  const reader = parser({ protocolVersion: version } as never);
  let found: unknown;
  let failed: Error | undefined;
  reader.on('packet', (packet) => {
    found = packet;
  });
  reader.on('error', (error) => {
    failed = error as Error;
  });
  reader.parse(bytes);
  if (failed !== undefined || found === undefined) {
    throw new MqbenchError(
      'MQB_PROTOCOL',
      `the broker sent a packet that is not MQTT: ${failed?.message ?? 'too short'}`,
    );
  }
  return found;
}
