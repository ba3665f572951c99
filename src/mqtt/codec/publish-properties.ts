import { afterVariable } from './frame-reader.js';

// Properties of a received PUBLISH (MQTT 5.0, 3.3.2.3), read in place.

/** Their identifiers. */
export const publishProperties = {
  payloadFormatIndicator: 0x01,
  messageExpiryInterval: 0x02,
  contentType: 0x03,
  responseTopic: 0x08,
  correlationData: 0x09,
  subscriptionIdentifier: 0x0b,
  topicAlias: 0x23,
  userProperty: 0x26,
} as const;

/**
 * Where a property's text or binary data begins.
 * @param at offset of the property length @param end offset after the properties: that of the payload
 * @returns offset of its two bytes of length; 0 without such a property
 */
export function propertyAt(source: Uint8Array, at: number, end: number, id: number): number {
  let i = afterVariable(source, at); // the length itself
  while (i < end) {
    const next = afterProperty(source, i, end);
    if (next === 0 || next > end) return 0;
    if (source[i] === id) return i + 1;
    i = next;
  }
  return 0;
}

/** @returns offset after the property at `at` (MQTT 5.0, 2.2.2.2), 0 for one that no PUBLISH may have */
export function afterProperty(source: Uint8Array, at: number, end: number): number {
  const id = source[at] as number;
  switch (id) {
    case publishProperties.payloadFormatIndicator:
      return at + 2;
    case publishProperties.messageExpiryInterval:
      return at + 5;
    case publishProperties.topicAlias:
      return at + 3;
    case publishProperties.contentType:
    case publishProperties.responseTopic:
    case publishProperties.correlationData:
      return afterText(source, at + 1, end);
    case publishProperties.userProperty: {
      const value = afterText(source, at + 1, end);
      return value === 0 ? 0 : afterText(source, value, end);
    }
    case publishProperties.subscriptionIdentifier:
      return afterVariable(source, at + 1);
    default:
      return 0;
  }
}

/** @returns offset after a text or binary data, which begins with its length; 0 when that is cut off */
export function afterText(source: Uint8Array, at: number, end: number): number {
  return at + 2 > end ? 0 : at + 2 + (((source[at] as number) << 8) | (source[at + 1] as number));
}
