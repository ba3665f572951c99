import { textProblem, topicProblem } from '../base/text/mqtt-text.js';
import type { Rule } from './asked.js';

/** Who clients are, and what the broker publishes when they are gone. */
export interface ClientsAsked {
  readonly username?: string;
  readonly willTopic?: string;
  readonly willPayload?: string;
}

/** Texts of CONNECT that MQTT does not carry. */
export const clientsRule: Rule = ({ willTopic, ...asked }, _, wrong) => {
  const ofTopic = willTopic === undefined ? undefined : topicProblem(willTopic);
  if (ofTopic !== undefined) wrong('willTopic', ofTopic, willTopic);
  for (const at of ['username', 'willPayload'] as const) {
    const problem = textProblem(asked[at] ?? '');
    if (problem !== undefined) wrong(at, problem);
  }
};
