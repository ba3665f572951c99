import { z } from 'zod';
import { definedOf } from '../../../base/own.js';
import type { FleetPlan, PublishPlan, PublishProperties } from '../../../plan/plan.js';
import { usualResponseTopic } from '../../../plan/request.js';
import { count, duration, size } from '../fields.js';

/** Four bytes of 0xff: the session does not end (MQTT 5.0, 3.1.2.11.2). */
const never = 0xffff_ffff;

export const seconds = (description: string, example: string) =>
  duration(description, example).refine((micros) => micros % 1e6 === 0, 'is whole seconds');

export const userProperties = z
  .record(z.string().min(1), z.union([z.string(), z.array(z.string()).min(1)]))
  .refine((all) => Object.keys(all).length > 0, 'names no property');

/** What MQTT 5 adds to CONNECT. */
export const connectFields = {
  sessionExpiry: z
    .union([
      z.literal('never'),
      seconds('How long the session outlives the connection: whole seconds, or never.', '5m'),
    ])
    .optional(),
  receiveMaximum: count('Messages of QoS 1 and 2 that the broker may have under way to a client.')
    .max(65_535)
    .optional(),
  maximumPacketSize: size('Bytes of the largest packet that a client takes.', '1MiB').optional(),
  topicAliasMaximum: count('Topic aliases that the broker may use towards a client.', 0).max(65_535).optional(),
  userProperties: userProperties.optional().describe('User properties of CONNECT: a name and its value, or values.'),
  requestResponseInformation: z
    .boolean()
    .optional()
    .describe('The broker is asked for response information in CONNACK.'),
  requestProblemInformation: z
    .boolean()
    .optional()
    .describe('false: the broker is asked for reasons without a text and user properties.'),
};

/** What MQTT 5 adds to PUBLISH. */
export const publishFields = {
  messageExpiry: seconds('The broker drops a message that it has kept for so long: whole seconds.', '30s').optional(),
  contentType: z.string().optional().describe('Content type of each message.'),
  payloadFormatIndicator: z
    .boolean()
    .optional()
    .describe('Says that payloads are UTF-8 text: of message, template, payloadFile or hook.'),
  responseTopic: z.string().min(1).optional().describe('Response topic, with the variables of topics.'),
  correlationData: z.string().optional().describe('Correlation data, with the variables of topics.'),
  userProperties: userProperties.optional().describe('User properties of PUBLISH, with the variables of topics.'),
  request: z
    .boolean()
    .optional()
    .describe(
      'Each message is a request: with a response topic and correlation data, by which its response is measured.',
    ),
  topicAlias: z.boolean().optional().describe('An alias instead of the topic, as far as the broker takes aliases.'),
  stamp: z
    .enum(['payload', 'property'])
    .optional()
    .describe('Where the mark is by which a message is measured: in its payload (default) or in a user property.'),
};

const connectSchema = z.object(connectFields);
const publishSchema = z.object(publishFields);
type Connect = z.output<typeof connectSchema>;
type Publish = z.output<typeof publishSchema>;

/** As settings of the load. */
export const mqtt5Asked = (load: Connect & { readonly mqttVersion: 3 | 4 | 5 }, publish: Publish | undefined) => ({
  ...{ mqttVersion: load.mqttVersion, sessionExpiry: secondsOf(load.sessionExpiry) },
  ...{ receiveMaximum: load.receiveMaximum, maximumPacketSize: load.maximumPacketSize },
  ...{ topicAliasMaximum: load.topicAliasMaximum, userProperties: load.userProperties },
  requestResponseInformation: load.requestResponseInformation,
  requestProblemInformation: load.requestProblemInformation,
  ...(publish && {
    ...{ messageExpiry: secondsOf(publish.messageExpiry), contentType: publish.contentType },
    ...{ responseTopic: publish.responseTopic, correlationData: publish.correlationData },
    ...{
      publishUserProperties: publish.userProperties,
      payloadFormatIndicator: publish.payloadFormatIndicator,
      topicAlias: publish.topicAlias,
      stamp: publish.stamp,
      request: publish.request,
    },
  }),
});

/** The properties of CONNECT; undefined without any. */
export function connectProperties(load: Connect): FleetPlan['properties'] {
  const { receiveMaximum, maximumPacketSize, topicAliasMaximum, userProperties } = load;
  const { requestResponseInformation, requestProblemInformation } = load;
  const sessionExpiryInterval = secondsOf(load.sessionExpiry);
  return given({
    ...{ sessionExpiryInterval, receiveMaximum, maximumPacketSize, topicAliasMaximum, userProperties },
    ...{ requestResponseInformation, requestProblemInformation },
  });
}

/** What of a plan's publish these fields mean. */
export function publishProperties(publish: Publish): Pick<PublishPlan, 'properties' | 'topicAlias' | 'stampIn'> {
  const { contentType, responseTopic, correlationData, userProperties, topicAlias, stamp } = publish;
  const { payloadFormatIndicator } = publish;
  const messageExpiryInterval = secondsOf(publish.messageExpiry);
  const properties: PublishProperties | undefined = given({
    ...{ payloadFormatIndicator, messageExpiryInterval, contentType, responseTopic, correlationData, userProperties },
  });
  return (
    given({
      ...requested(publish.request, properties),
      topicAlias: topicAlias || undefined,
      stampIn: stamp === 'property' ? stamp : undefined,
    }) ?? {}
  );
}

/** A request has a response topic in any case. */
const requested = (request: boolean | undefined, properties: PublishProperties | undefined) =>
  request ? { request, properties: { responseTopic: usualResponseTopic, ...properties } } : { properties };

export const secondsOf = (micros: number | 'never' | undefined): number | undefined =>
  micros === 'never' ? never : micros === undefined ? undefined : micros / 1e6;

/** What is there of it; undefined when nothing is. */
function given<T extends object>(all: T): T | undefined {
  const there = definedOf(all);
  return Object.keys(there).length === 0 ? undefined : (there as T);
}
