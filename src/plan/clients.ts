import { textProblem, topicProblem } from '../base/text/mqtt-text.js';
import type { Rule } from './asked.js';

/** Who clients are, and what the broker publishes when they are gone. */
export interface ClientsAsked extends WillAsked {
  readonly username?: string;
  readonly willTopic?: string;
  readonly willPayload?: string;
}

/** What MQTT 5 adds to a will; times in seconds. */
interface WillAsked {
  readonly willDelay?: number;
  readonly willExpiry?: number;
  readonly willContentType?: string;
  readonly willResponseTopic?: string;
  readonly willCorrelationData?: string;
  readonly willPayloadFormatIndicator?: boolean;
  readonly willUserProperties?: object;
}

const willProperties = [
  ...(['willDelay', 'willExpiry', 'willContentType', 'willResponseTopic', 'willCorrelationData'] as const),
  ...(['willPayloadFormatIndicator', 'willUserProperties'] as const),
] as const satisfies readonly (keyof WillAsked)[];

/** Texts of CONNECT that MQTT does not carry, and what a will cannot be. */
export const clientsRule: Rule = (asked, { name }, wrong) => {
  const { willTopic, willResponseTopic, mqttVersion } = asked;
  const ofTopic = willTopic === undefined ? undefined : topicProblem(willTopic);
  if (ofTopic !== undefined) wrong('willTopic', ofTopic, willTopic);
  for (const at of ['username', 'willPayload', 'willContentType', 'willCorrelationData'] as const) {
    const problem = textProblem(asked[at] ?? '');
    if (problem !== undefined) wrong(at, problem);
  }
  const ofResponse = willResponseTopic === undefined ? undefined : topicProblem(willResponseTopic);
  if (ofResponse !== undefined) wrong('willResponseTopic', `${ofResponse} (MQTT-3.3.2-14)`);
  for (const at of willProperties.filter((one) => asked[one] !== undefined)) {
    if (mqttVersion !== undefined && mqttVersion !== 5) wrong(at, `is of MQTT 5: add ${name('mqttVersion')} 5`);
    if (willTopic === undefined) wrong(at, `is of a will, and there is none: give ${name('willTopic')}, too`);
  }
};
