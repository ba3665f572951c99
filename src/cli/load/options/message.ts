import { definedOf } from '../../../base/own.js';
import type { UserProperties } from '../../../mqtt/codec/control-packets.js';
import type { PublishPlan, PublishProperties } from '../../../plan/plan.js';
import { usualResponseTopic } from '../../../plan/request.js';
import { collect, oneOf, usage, whole } from '../../options/parsers.js';
import { group } from '../../options/rows.js';
import { type LoadFlags, publishing } from './flags.js';

/** What MQTT 5 adds to a PUBLISH, by MQTTX's names; its `--user-properties` would be mistaken for that of CONNECT. */
export const messageOptions = group('MQTT 5', publishing, {
  contentType: ['--content-type <type>', 'content type of PUBLISH'],
  messageExpiryInterval: [
    '--message-expiry-interval <seconds>',
    'message expiry interval of PUBLISH',
    whole(0, 0xffff_ffff),
  ],
  responseTopic: ['--response-topic <topic>', 'response topic of PUBLISH, with the variables of topics'],
  correlationData: ['--correlation-data <text>', 'correlation data of PUBLISH, with the variables of topics'],
  payloadFormatIndicator: ['--payload-format-indicator', 'say in PUBLISH that the payload is UTF-8 text'],
  publishUserProperty: [
    '--publish-user-property <name=value>',
    'user property of PUBLISH, with the variables of topics (repeatable)',
    collect,
  ],
  request: [
    '--request',
    'each message is a request: it has a response topic (--response-topic, default mqbench/response/%c), which its client subscribes to, and correlation data of its own; request.rtt is from when it was due to its response',
  ],
  topicAlias: [
    '--topic-alias',
    'publish with an alias instead of the topic, as far as the broker’s topic alias maximum allows',
  ],
  stamp: [
    '--stamp <where>',
    'where the mark is by which a message is measured on arrival: payload (its first 20 bytes) or property (a user property of PUBLISH, which leaves the payload as it is)',
    oneOf('payload', 'property'),
    'payload',
  ],
});

/** The part of the plan's publish that these flags mean. */
export function messageOf(flags: LoadFlags): Pick<PublishPlan, 'properties' | 'request' | 'topicAlias' | 'stampIn'> {
  // A property without a value cannot be encoded.
  const properties: PublishProperties = definedOf({
    payloadFormatIndicator: flags.payloadFormatIndicator,
    messageExpiryInterval: flags.messageExpiryInterval,
    contentType: flags.contentType,
    responseTopic: flags.responseTopic ?? (flags.request ? usualResponseTopic : undefined),
    correlationData: flags.correlationData,
    userProperties: userProperties(flags.publishUserProperty, '--publish-user-property'),
  });
  return {
    properties: Object.keys(properties).length === 0 ? undefined : properties,
    request: flags.request,
    topicAlias: flags.topicAlias,
    stampIn: flags.stamp === 'property' ? 'property' : undefined,
  };
}

/** Of `name=value` each; a name that comes again keeps all its values. @throws MQB_USAGE */
export function userProperties(texts: readonly string[] | undefined, option: string): UserProperties | undefined {
  if (texts === undefined) return undefined;
  const found = new Map<string, string | string[]>();
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at <= 0) throw usage(`${option} "${text}" is not a name, "=" and a value`);
    const name = text.slice(0, at);
    const value = text.slice(at + 1);
    const before = found.get(name);
    found.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(found);
}
