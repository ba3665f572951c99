import type { Rule } from './asked.js';

/** Where a client is answered when nobody says it, with the variables of topics. */
export const usualResponseTopic = 'mqbench/response/%c';

/** What cannot be in asking and answering. */
export const requestRule: Rule = (asked, { name }, wrong) => {
  const { request, respond, mqttVersion, correlationData, responseTopic } = asked;
  for (const at of (['request', 'respond'] as const).filter((one) => asked[one] !== undefined && asked[one] !== false))
    if (mqttVersion !== undefined && mqttVersion !== 5)
      wrong(at, `uses response topics, which MQTT 5 has: add ${name('mqttVersion')} 5`);
  if (request && correlationData !== undefined)
    wrong('request', `makes the correlation data of each message: leave ${name('correlationData')} out`);
  if (request && responseTopic !== undefined && !/%[ciu{]/.test(responseTopic))
    wrong(
      'request',
      `needs a response topic for each client, and ${name('responseTopic')} has none of %c, %i and %u in it`,
    );
  if (request && responseTopic?.includes('%s'))
    wrong(
      'request',
      `subscribes to the response topic, and with %s in ${name('responseTopic')} each message has its own`,
    );
  if (respond !== undefined && asked.publishers !== undefined && asked.subscribersApart === false)
    wrong('respond', 'is of clients that only subscribe: let others ask');
};
