/** Reason codes that a server ends a connection with (MQTT 5.0, table 3-13) for what these rules find. */
export const faultReasons = {
  malformed: 0x81,
  protocol: 0x82,
  topicFilter: 0x8f,
  topicName: 0x90,
  topicAlias: 0x94,
} as const;

/** What a packet breaks of MQTT, in words that follow "sent", and the reason code that says it in MQTT 5. */
export interface Fault {
  readonly says: string;
  readonly reason: number;
}

/** Bytes that cannot be read by the specification (MQTT 5.0, 1.2: Malformed Packet). */
export const malformed = (says: string, reason: number = faultReasons.malformed): Fault => ({ says, reason });

/** Bytes that can be read, but say what nobody may say (MQTT 5.0, 1.2: Protocol Error). */
export const protocolError = (says: string, reason: number = faultReasons.protocol): Fault => ({ says, reason });
