import { definedOf } from '../../../base/own.js';
import type { WillProperties } from '../../../mqtt/codec/control-packets.js';
import type { LoadPlan } from '../../../plan/plan.js';
import { collect, qosOf, whole } from '../../options/parsers.js';
import { group } from '../../options/rows.js';
import { all, type LoadFlags } from './flags.js';
import { userProperties } from './message.js';

const seconds = whole(0, 0xffff_ffff);

/** What the broker publishes for a client that is gone; what MQTT 5 adds to it goes by MQTTX's names. */
export const willOptions = group('Will', all, {
  willTopic: ['--will-topic <topic>', 'topic of the will, with %c, %i and %u'],
  willPayload: ['--will-payload <text>', 'its payload'],
  willQos: ['--will-qos <qos>', 'its QoS', qosOf, 0],
  willRetain: ['--will-retain', 'retain it'],
  willDelayInterval: [
    '--will-delay-interval <seconds>',
    'MQTT 5: publish it only when the client is gone for so long, or its session has ended',
    seconds,
  ],
  willMessageExpiryInterval: ['--will-message-expiry-interval <seconds>', 'MQTT 5: its message expiry', seconds],
  willContentType: ['--will-content-type <type>', 'MQTT 5: its content type'],
  willResponseTopic: ['--will-response-topic <topic>', 'MQTT 5: its response topic, with the variables of topics'],
  willCorrelationData: ['--will-correlation-data <text>', 'MQTT 5: its correlation data, with the variables of topics'],
  willPayloadFormatIndicator: ['--will-payload-format-indicator', 'MQTT 5: say that its payload is UTF-8 text'],
  willUserProperty: [
    '--will-user-property <name=value>',
    'MQTT 5: user property of it, with the variables of topics (repeatable)',
    collect,
  ],
});

/** The will that these flags mean. @throws MQB_USAGE */
export function willOf(flags: LoadFlags): LoadPlan['will'] {
  const { willTopic: topic, willPayload: payload = '', willQos: qos, willRetain: retain = false } = flags;
  if (topic === undefined) return undefined;
  const properties: WillProperties = definedOf({
    willDelayInterval: flags.willDelayInterval,
    payloadFormatIndicator: flags.willPayloadFormatIndicator,
    messageExpiryInterval: flags.willMessageExpiryInterval,
    contentType: flags.willContentType,
    responseTopic: flags.willResponseTopic,
    correlationData: flags.willCorrelationData,
    userProperties: userProperties(flags.willUserProperty, '--will-user-property'),
  });
  const will = { topic, payload, qos, retain };
  return Object.keys(properties).length === 0 ? will : { ...will, properties };
}
