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
];
