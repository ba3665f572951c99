import { textProblem, topicProblem } from '../base/text/mqtt-text.js';
import type { Asked, Rule } from './asked.js';

/** What only MQTT 5 has: properties of CONNECT, then those of PUBLISH. */
const ofConnect = [
  'sessionExpiry',
  'receiveMaximum',
  'maximumPacketSize',
  'topicAliasMaximum',
  'userProperties',
  'requestResponseInformation',
  'requestProblemInformation',
] as const;
const ofPublish = [
  ...['messageExpiry', 'contentType', 'responseTopic', 'correlationData', 'publishUserProperties', 'topicAlias'],
  'payloadFormatIndicator',
] as const satisfies readonly (keyof Mqtt5Asked)[];

/** As {@link Asked} has it; times in seconds, as they are written in a packet. */
export interface Mqtt5Asked {
  readonly mqttVersion?: 3 | 4 | 5;
  readonly sessionExpiry?: number;
  readonly receiveMaximum?: number;
  readonly maximumPacketSize?: number;
  readonly topicAliasMaximum?: number;
  readonly userProperties?: object;
  readonly requestResponseInformation?: boolean;
  readonly requestProblemInformation?: boolean;
  readonly messageExpiry?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: string;
  readonly publishUserProperties?: object;
  readonly topicAlias?: boolean;
  readonly payloadFormatIndicator?: boolean;
  /** Where the stamp is by which messages are measured. */
  readonly stamp?: 'payload' | 'property';
}

/** What of MQTT 5 cannot be. */
export const mqtt5Rule: Rule = (asked: Asked, { name }, wrong) => {
  const { mqttVersion, stamp, responseTopic, topicAlias, topic } = asked;
  if (mqttVersion !== undefined && mqttVersion !== 5) {
    for (const at of [...ofConnect, ...ofPublish].filter((one) => asked[one] !== undefined))
      wrong(at, `is of MQTT 5: add ${name('mqttVersion')} 5`);
    if (stamp === 'property')
      wrong('stamp', `property is a user property, which MQTT 5 has: add ${name('mqttVersion')} 5`);
  }
  for (const at of ['contentType', 'correlationData'] as const) {
    const problem = textProblem(asked[at] ?? '');
    if (problem) wrong(at, problem);
  }
  const wrongTopic = responseTopic === undefined ? undefined : topicProblem(responseTopic);
  if (wrongTopic !== undefined) wrong('responseTopic', `${wrongTopic} (MQTT-3.3.2-14)`);
  if (topicAlias && topic?.includes('%s'))
    wrong('topicAlias', 'stands for one topic, and with %s every message has its own: leave one out');
};
