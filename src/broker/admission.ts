import type { Connection } from '../transport/contract.js';
import { type Aedes, type Client, wouldHarm } from './aedes/aedes.js';
import { replace } from './aedes/patches.js';
import { TakeOvers } from './aedes/take-over.js';
import type { BackPressure } from './delivery/back-pressure.js';
import type { Subscribers } from './delivery/subscribers.js';
import type { EarlyDataGate } from './quic/early-data.js';
import type { SessionStore } from './sessions/store.js';
import type { Traffic } from './traffic.js';

/** Reason code of MQTT 5.0, 3.14.2.1. */
const receiveMaximumExceeded = 0x93;

/** What has a say in what aedes may act upon. */
interface Admission {
  readonly aedes: Aedes;
  readonly traffic: Traffic;
  readonly gate: EarlyDataGate;
  /** The connection of each client; a single QUIC stream of one has none. */
  readonly members: ReadonlyMap<Client, Connection>;
  readonly pressure: BackPressure;
  readonly subscribers: Subscribers;
  readonly sessions: SessionStore;
}

/** From now on CONNECT and PUBLISH pass what they have to pass before aedes acts upon them. */
export function admit(admission: Admission): void {
  admitConnect(admission);
  admitPublish(admission);
}

/** What came in early data passes the gate first; then whoever had the id leaves, and the session begins. */
function admitConnect({ aedes, traffic, gate, members, subscribers, sessions }: Admission): void {
  const takeOvers = new TakeOvers(aedes);
  replace('broker', aedes, 'preConnect', () => (client, packet, done) => {
    const connection = members.get(client);
    if (connection) traffic.counters.connects++;
    const go = (): void => {
      subscribers.asks(client, packet);
      done(null, true);
    };
    if (connection?.confirmed !== false) return go();
    const wipes = packet.clean !== false && sessions.has(packet.clientId);
    gate.pass(connection, wipes || wouldHarm(aedes, packet), go);
  });
  replace('broker', aedes, 'authenticate', (authenticate) => (client, user, password, done) => {
    takeOvers.take(client, () => {
      if (!subscribers.begin(client)) takeOvers.sessionEnded(client.id);
      authenticate(client, user, password, done);
    });
  });
}

function admitPublish({ aedes, gate, members, pressure, subscribers }: Admission): void {
  replace('broker', aedes, 'authorizePublish', (authorize) => (client, packet, done) => {
    pressure.published();
    if (client) Object.assign(packet, { clientId: client.id }); // aedes notes it only after it has queued the message
    gate.pass(client ? members.get(client) : undefined, true, () => {
      if (client && packet.qos === 2 && subscribers.exceeds(client, packet.messageId)) {
        client.disconnect({ reasonCode: receiveMaximumExceeded });
      } else {
        authorize(client, packet, done);
      }
    });
  });
}
