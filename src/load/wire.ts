import type { Clock } from '../base/clock.js';
import { encodePublishProperties } from '../mqtt/control-packets.js';
import { PublishTemplate } from '../mqtt/publish-template.js';
import type { SessionOptions } from '../mqtt/session.js';
import { stampBytes } from '../mqtt/stamp.js';
import type { LoadPlan } from './contract.js';
import { type ClientName, fillVariables } from './naming.js';

// What a plan means on the wire: the CONNECT of a client and the PUBLISH of a message.

const defaultExpirySeconds = 3_600;

export function sessionOptionsOf(plan: LoadPlan, name: ClientName, clock: Clock): SessionOptions {
  const { username, password, will } = plan;
  // A persistent session needs an expiry in MQTT 5, else it ends with the connection (3.1.2.11.2).
  const expiry = plan.mqttVersion === 5 && !plan.clean ? { sessionExpiryInterval: defaultExpirySeconds } : {};
  return {
    version: plan.mqttVersion,
    clientId: name.id,
    clean: plan.clean,
    keepaliveSeconds: plan.keepaliveSeconds,
    window: plan.publish?.inflight ?? 1,
    clock,
    ...(username === undefined ? {} : { username: name.username }),
    ...(password === undefined ? {} : { password }),
    ...(will === undefined ? {} : { will: { ...will, topic: fillVariables(will.topic, name) } }),
    properties: { ...expiry, ...plan.properties },
  };
}

/** The bytes all publishes share, from base64 or as many as asked for. */
export function payloadOf(plan: LoadPlan): Buffer {
  const { publish } = plan;
  if (publish === undefined) return Buffer.alloc(0);
  if (publish.payload !== undefined) return Buffer.from(publish.payload, 'base64');
  return Buffer.alloc(publish.payloadBytes, 'mqbench ');
}

/** @param payload of {@link payloadOf}, shared; shorter than a stamp it goes out unmeasured */
export function publishTemplateOf(
  plan: LoadPlan,
  name: ClientName,
  sequence: number,
  payload: Buffer,
  run: number,
): PublishTemplate {
  const { publish, mqttVersion: version } = plan;
  if (publish === undefined) throw new Error('a client without a publish plan cannot publish');
  const { qos, retain, properties } = publish;
  return new PublishTemplate({
    topic: fillVariables(publish.topic, name, sequence),
    qos,
    retain,
    version,
    payload,
    ...(properties === undefined ? {} : { properties: encodePublishProperties(properties) }),
    ...(payload.length < stampBytes ? {} : { stamp: { run, publisher: name.number, slot: 0 } }),
  });
}
