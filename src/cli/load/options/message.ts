import { topicProblem } from '../../../base/text/mqtt-text.js';
import type { UserProperties } from '../../../mqtt/codec/control-packets.js';
import type { LoadPlan, PublishProperties } from '../../../plan/plan.js';
import { dashed, rows } from '../../option-rows.js';
import { collect, oneOf, usage, whole } from '../../parsers.js';
import { type LoadFlags, publishing } from './flags.js';

/** What MQTT 5 adds to a PUBLISH, by MQTTX's names; its `--user-properties` would be mistaken for that of CONNECT. */
export const messageOptions = rows(
  {
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
  },
  { group: 'MQTT 5', only: publishing },
);

const ofMqtt5 = [
  'sessionExpiry',
  'rcvMax',
  'maximumPacketSize',
  'topicAliasMaximum',
  'userProperty',
  'contentType',
  'messageExpiryInterval',
  'responseTopic',
  'correlationData',
  'payloadFormatIndicator',
  'publishUserProperty',
  'topicAlias',
] as const;

/** What of the properties of MQTT 5 cannot be. */
export function propertyProblems(flags: LoadFlags): string[] {
  const problems: string[] = [];
  if (flags.mqttVersion !== 5) {
    for (const name of ofMqtt5) if (flags[name] !== undefined) problems.push(`${dashed(name)} is of MQTT 5: add -V 5`);
    if (flags.stamp === 'property') problems.push('--stamp property is a user property, which MQTT 5 has: add -V 5');
  }
  const { responseTopic, payloadFormatIndicator } = flags;
  const topic = responseTopic === undefined ? undefined : topicProblem(responseTopic);
  if (topic !== undefined) problems.push(`--response-topic ${topic} (MQTT-3.3.2-14)`);
  const text = flags.message ?? flags.template ?? flags.payloadFile ?? flags.hook ?? flags.topicsPayload;
  if (payloadFormatIndicator && text === undefined)
    problems.push(
      '--payload-format-indicator says that the payload is UTF-8, and the one mqbench makes is not: give -m, --template, --payload-file or --hook',
    );
  if (flags.topicAlias && flags.topic?.some((pattern) => pattern.includes('%s')))
    problems.push('--topic-alias stands for one topic, and with %s every message has its own: leave one out');
  return problems;
}

/** The part of the plan's publish that these flags mean. */
export function messageOf(
  flags: LoadFlags,
): Pick<NonNullable<LoadPlan['publish']>, 'properties' | 'topicAlias' | 'stampIn'> {
  const properties: PublishProperties = {
    ...(flags.payloadFormatIndicator ? { payloadFormatIndicator: true } : {}),
    messageExpiryInterval: flags.messageExpiryInterval,
    contentType: flags.contentType,
    responseTopic: flags.responseTopic,
    correlationData: flags.correlationData,
    userProperties: userProperties(flags.publishUserProperty, '--publish-user-property'),
  };
  const given = Object.entries(properties).filter(([, value]) => value !== undefined);
  return {
    ...(given.length === 0 ? {} : { properties: Object.fromEntries(given) }),
    ...(flags.topicAlias ? { topicAlias: true } : {}),
    ...(flags.stamp === 'property' ? { stampIn: 'property' as const } : {}),
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
