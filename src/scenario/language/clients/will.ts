import { z } from 'zod';
import { definedOf } from '../../../base/own.js';
import type { FleetPlan } from '../../../plan/plan.js';
import { qos } from '../fields.js';
import { seconds, secondsOf, userProperties } from './mqtt5.js';

/** What the broker publishes for a client that is gone without a word. */
export const willSchema = z.strictObject({
  topic: z.string().min(1).describe('With the variables of topics; every client has its own.'),
  payload: z.string().default('').describe('Text.'),
  qos: qos.default(0),
  retain: z.boolean().default(false).describe('The broker keeps it for who subscribes later.'),
  delay: seconds(
    'MQTT 5: it is published only when the client is gone for so long, or its session has ended: whole seconds.',
    '5s',
  ).optional(),
  messageExpiry: seconds(
    'MQTT 5: the broker drops it when it has kept it for so long: whole seconds.',
    '30s',
  ).optional(),
  contentType: z.string().optional().describe('MQTT 5: its content type.'),
  responseTopic: z.string().min(1).optional().describe('MQTT 5: its response topic, with the variables of topics.'),
  correlationData: z.string().optional().describe('MQTT 5: its correlation data, with the variables of topics.'),
  payloadFormatIndicator: z.boolean().optional().describe('MQTT 5: says that its payload is UTF-8 text.'),
  userProperties: userProperties.optional().describe('MQTT 5: its user properties, with the variables of topics.'),
});
type WillInput = z.output<typeof willSchema>;

/** As settings of the load. */
export const willAsked = (will: WillInput | undefined) =>
  will && {
    ...{ willTopic: will.topic, willPayload: will.payload, willContentType: will.contentType },
    ...{ willDelay: secondsOf(will.delay), willExpiry: secondsOf(will.messageExpiry) },
    ...{ willResponseTopic: will.responseTopic, willCorrelationData: will.correlationData },
    willPayloadFormatIndicator: will.payloadFormatIndicator,
    willUserProperties: will.userProperties,
  };

/** As the plan has it. */
export function willOf(input: WillInput | undefined): FleetPlan['will'] {
  if (input === undefined) return undefined;
  const { topic, payload, qos: level, retain, delay, messageExpiry, ...others } = input;
  const properties = definedOf({
    willDelayInterval: secondsOf(delay),
    messageExpiryInterval: secondsOf(messageExpiry),
    ...others,
  });
  const will = { topic, payload, qos: level, retain };
  return Object.keys(properties).length === 0 ? will : { ...will, properties };
}
