import { connects, type ErrorMeaning } from './meaning.js';

const lost =
  'What the client had not got acknowledged counts as unacknowledged or missing, until it is back; its silence is in delivery.gap.';

/** A connection that does not come about. */
export const connecting = {
  MQB_REFUSED: {
    means: 'Nobody listens on that port.',
    spoils: connects,
    remedy: 'Start the broker, or check host, port and transport.',
  },
  MQB_UNREACHABLE: {
    means: 'The host cannot be reached, or its name not be looked up.',
    spoils: connects,
    remedy: 'Check the name, the address and the routes.',
  },
  MQB_DIAL_TIMEOUT: {
    means: 'A transport was not ready in time.',
    spoils: connects,
    remedy: 'Check the firewall (QUIC needs UDP), or allow more with --connect-timeout.',
  },
  MQB_NO_ROUTE: {
    means: 'None of the transports to fall back to came up.',
    spoils: connects,
    remedy: 'The message has the reason of each.',
  },
  MQB_ABORTED: {
    means: 'A connect was given up before it was done.',
    spoils: connects,
    remedy: 'Nothing, when the run was stopped; else allow more time.',
  },
  MQB_CERTIFICATE: {
    means: 'The peer’s certificate was not accepted.',
    spoils: connects,
    remedy: 'Give the CA that issued it, and connect by a name that is in it.',
  },
  MQB_TLS: {
    means: 'TLS failed for another reason than the certificate.',
    spoils: connects,
    remedy:
      'Check that the port speaks TLS, the version (--ssl-version), and whether a client certificate is asked for.',
  },
  MQB_ALPN: {
    means: 'The server speaks no MQTT over this TLS or QUIC port.',
    spoils: connects,
    remedy: 'Use the MQTT port; brokers expect ALPN `mqtt` on QUIC.',
  },
  MQB_HANDSHAKE: {
    means: 'The QUIC handshake failed.',
    spoils: connects,
    remedy: 'The message has the reason; check that the port speaks MQTT over QUIC.',
  },
  MQB_WEBSOCKET: {
    means: 'The server did not open a WebSocket.',
    spoils: connects,
    remedy: 'Check the path (/mqtt as a rule), the subprotocol and the headers.',
  },
  MQB_CLOSED_EARLY: {
    means: 'The broker closed the connection before CONNACK.',
    spoils: connects,
    remedy: 'Check that the port speaks this version of MQTT, and the broker’s log.',
  },
  MQB_NO_CONNACK: {
    means: 'The broker took the connection and did not answer CONNECT in time.',
    spoils: connects,
    remedy: 'Look at its load and its log.',
  },
  MQB_NO_SUBACK: {
    means: 'The broker did not answer SUBSCRIBE in time.',
    spoils: 'The client receives nothing, and what it should have received is missing.',
    remedy: 'Look at its load and its log.',
  },
  MQB_CONNACK: {
    means: 'The broker refused CONNECT; a number behind it is the return code.',
    spoils: connects,
    remedy: 'Check user, password, client id and version (-V).',
  },
  MQB_SUBACK: {
    means: 'The broker refused a subscription; a number behind it is the reason.',
    spoils: 'The client receives nothing, and what it should have received is missing.',
    remedy: 'Check the rights of the user, and whether the broker takes such filters.',
  },
} as const satisfies Record<string, ErrorMeaning>;

/** A connection that ends, and what a peer does wrong. */
export const connected = {
  MQB_CLOSED: {
    means: 'The broker closed the connection.',
    spoils: lost,
    remedy: 'See its log: another client with this id, its limits, its keepalive.',
  },
  MQB_TAKEN_OVER: {
    means: 'Another connection with the same client id took the session over.',
    spoils: lost,
    remedy: 'Give each run its own --prefix, and each client an id of its own.',
  },
  MQB_THROWN_OUT: {
    means:
      'A client whose id is fixed was let in and its connection closed again by the broker three times in a row, each time within 10 s. That is what a take-over by turns looks like under MQTT 3.1.1, which does not name it. Counted once per client; the single closings are MQB_CLOSED.',
    spoils: lost,
    remedy: 'Give each run its own --prefix, and each client an id of its own; with -V 5 the broker names its reason.',
  },
  MQB_RESET: {
    means: 'The connection was reset.',
    spoils: lost,
    remedy: 'The peer crashed, refused what it got, or a middlebox cut the flow.',
  },
  MQB_LOST: {
    means: 'The connection broke, with the system’s reason.',
    spoils: lost,
    remedy: 'The message has the reason.',
  },
  MQB_SILENT: {
    means: 'Nothing came although an answer was due: the path or the peer is gone.',
    spoils: lost,
    remedy: 'Expected after an event that cuts the path; else look at path and broker.',
  },
  MQB_IDLE_TIMEOUT: {
    means: 'Nothing was received for the idle timeout of QUIC.',
    spoils: lost,
    remedy: 'Expected after an event that cuts the path; else take a shorter keepalive (-k).',
  },
  MQB_DISCONNECTED: {
    means: 'The broker ended the session with DISCONNECT (MQTT 5), and said why.',
    spoils: lost,
    remedy: 'Follow the reason.',
  },
  MQB_PUBACK: {
    means: 'The broker refused a message; a number behind it is the reason.',
    spoils: 'It counts as refused, not as acknowledged; its latency is in no percentile.',
    remedy: 'Check the rights of the user, and quotas.',
  },
  MQB_PROTOCOL: {
    means: 'The peer sent what is no MQTT, or what MQTT forbids.',
    spoils: lost,
    remedy: 'Check that the port speaks MQTT; else report it to the broker’s makers.',
  },
  MQB_ACK_UNKNOWN: {
    means: 'The broker acknowledged a packet id that no publish and no SUBSCRIBE has.',
    spoils: 'What it was meant for counts as unacknowledged. The run ends with exit code 4.',
    remedy: 'Report it to the broker’s makers, with a capture.',
  },
  MQB_ACK_TWICE: {
    means: 'The broker acknowledged a publish more than once, which had gone out once.',
    spoils: 'The first counts. The run ends with exit code 4.',
    remedy: 'Report it to the broker’s makers, with a capture.',
  },
  MQB_ACK_KIND: {
    means: 'The broker sent an acknowledgement of the wrong kind, as PUBACK for QoS 2.',
    spoils: 'The publish counts as unacknowledged. The run ends with exit code 4.',
    remedy: 'Use a QoS that the broker has: `mqbench probe` tells.',
  },
  MQB_UNASKED: {
    means: 'The broker answered something that nobody had asked.',
    spoils: 'No number; the run ends with exit code 4.',
    remedy: 'Report it to the broker’s makers, with a capture.',
  },
  MQB_UNFINISHED: {
    means: 'The broker began a packet of which most had not come when measuring stopped.',
    spoils: 'Everything behind it on that connection is not seen. The run ends with exit code 4.',
    remedy: 'Wait longer at the end; else report it to the broker’s makers, with a capture.',
  },
  MQB_PACKET_SIZE: {
    means: 'The peer announced a packet larger than any that may come here.',
    spoils: lost,
    remedy: 'Check what else is published to the topics, and that the port speaks MQTT.',
  },
  MQB_STREAM_LOST: {
    means: 'A data stream of QUIC ended while its connection lived.',
    spoils: 'What was under way on it counts as unacknowledged.',
    remedy: 'See the broker’s log: it refused the stream or what it carried.',
  },
  MQB_QUIC_STREAMS: {
    means: 'The server grants no more streams.',
    spoils: 'Publishes that needed one were not sent.',
    remedy: 'Use fewer (--streams), or raise the listener’s limit.',
  },
  MQB_QUIC_DATAGRAM: {
    means: 'A datagram is too large, or the peer takes none.',
    spoils: 'The message was not sent.',
    remedy: 'Send less, use mqbench broker --datagrams, or leave --datagrams out.',
  },
  MQB_MIGRATION_FAILED: {
    means: 'A connection could not be moved to another address; it stays where it was.',
    spoils: 'The event did not happen to that client.',
    remedy: 'Check that the new path reaches the server.',
  },
  MQB_MIGRATION_REFUSED: {
    means: 'The server does not allow connections to move.',
    spoils: 'The event did not happen to that client.',
    remedy: 'Use `rebind`, which asks nobody, or another server.',
  },
} as const satisfies Record<string, ErrorMeaning>;
