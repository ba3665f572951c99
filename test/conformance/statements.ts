import type { Statement } from './statement.js';
import { clientIds } from './statements/both/client-ids.js';
import { connack } from './statements/both/connack.js';
import { connect } from './statements/both/connect.js';
import { network } from './statements/both/network.js';
import { packets } from './statements/both/packets.js';
import { publish } from './statements/both/publish.js';
import { qos } from './statements/both/qos.js';
import { retained } from './statements/both/retain.js';
import { session } from './statements/both/session.js';
import { subscribe, unsubscribe } from './statements/both/subscribe.js';
import { text } from './statements/both/text.js';
import { faults, topics } from './statements/both/topics.js';
import { will } from './statements/both/will.js';
import { topicAlias } from './statements/v5/alias.js';
import { connack5 } from './statements/v5/connack.js';
import { errors } from './statements/v5/errors.js';
import { expiry } from './statements/v5/expiry.js';
import { flow } from './statements/v5/flow.js';
import { limits } from './statements/v5/limits.js';
import { messageProperties } from './statements/v5/properties.js';
import { reasons } from './statements/v5/reasons.js';
import { shared } from './statements/v5/shared.js';
import { subscribe5 } from './statements/v5/subscribe.js';
import { will5 } from './statements/v5/will.js';

/** All of both versions. */
export const statements: readonly Statement[] = [
  ...text,
  ...packets,
  ...connect,
  ...clientIds,
  ...connack,
  ...will,
  ...session,
  ...publish,
  ...retained,
  ...qos,
  ...subscribe,
  ...unsubscribe,
  ...topics,
  ...faults,
  ...network,
  ...messageProperties,
  ...connack5,
  ...will5,
  ...expiry,
  ...flow,
  ...topicAlias,
  ...limits,
  ...subscribe5,
  ...shared,
  ...reasons,
  ...errors,
];
