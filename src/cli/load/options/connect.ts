import { parsePerSecond } from '../../../base/units.js';
import { authenticationMethods } from '../../../plan/credentials/authentication.js';
import { mostClients, usualDialTimeout } from '../../../plan/limits.js';
import { reconnectPolicies } from '../../../plan/reconnect.js';
import { transportNames } from '../../../transport/contract.js';
import { collect, list, oneOf, time, tlsVersionOf, versionOf, whole, yesOrNo } from '../../options/parsers.js';
import { group } from '../../options/rows.js';
import { all } from './flags.js';

const where = group('Most used', all, {
  host: [
    '-h, --host <hosts>',
    'broker host; with several, separated by commas, clients take them in turn',
    undefined,
    'localhost',
  ],
  port: ['-p, --port <port>', 'port (default: 1883, 8883, 8083, 8084 or 14567)', whole(1, 65_535)],
});

const fleet = {
  ...group('Most used', ['conn', 'pub', 'sub'], { count: ['-c, --count <n>', 'clients', whole(1, mostClients), 200] }),
  ...group('Most used', ['pubsub'], {
    pubs: ['--pubs <n>', 'publishers (own: clients that do both)', whole(1, mostClients), 100],
    subs: ['--subs <n>', 'subscribers', whole(1, mostClients), 100],
  }),
  ...group('Most used', all, {
    connrate: [
      '-R, --connrate <n>',
      'connects per second, instead of -i; 0, as in emqtt-bench: -i says it',
      parsePerSecond,
    ],
    cacertfile: [
      '--ca, --cacertfile <file>',
      'PEM of the CA that the broker is verified against (default: the system’s)',
    ],
  }),
};

const target = group('Target', all, {
  transport: ['--transport <name>', 'tcp, tls, ws, wss or quic (default tcp)', oneOf(...transportNames)],
  ssl: ['-S, --ssl', 'the same as --transport tls (with --ws: wss)'],
  ws: ['--ws', 'the same as --transport ws'],
  quic: ['--quic', 'the same as --transport quic'],
  mqttVersion: ['-V, --mqtt-version <version>', '3 (MQTT 3.1), 4 (3.1.1) or 5', versionOf, 4],
  cc: ['--cc <name>', 'congestion control: a name that the kernel knows (TCP), or cubic, reno, bbr (QUIC)'],
});

const clients = group('Clients', all, {
  interval: ['-i, --interval <time>', 'time between connects; a bare number is ms', time('ms'), 10_000],
  startnumber: ['-n, --startnumber <n>', 'number of the first client', whole(0), 0],
  prefix: [
    '--prefix <text>',
    'client ids begin with this (default: with the command and a random part, so that two runs do not meet)',
  ],
  shortids: ['--shortids', 'client ids are only the numbers of the clients'],
  ifaddr: [
    '--ifaddr <addresses>',
    'source addresses separated by commas, which clients take in turn; each has ports of its own, and dials the broker’s addresses of its own family',
    list,
  ],
  keepalive: ['-k, --keepalive <time>', 'keepalive; a bare number is seconds, 0 is off', time('s'), 300e6],
  deadAfter: [
    '--dead-after <time>',
    'silence, although an answer is due, after which a client gives its connection up; without it 1.5 times the keepalive, at most 30s; a bare number is seconds',
    time('s'),
  ],
  clean: ['-C, --clean <yes>', 'clean session (3.1.1) or clean start (5): true or false', yesOrNo, true],
  username: ['-u, --username <name>', 'user name, with %i, %c and %rand_N'],
  password: ['-P, --password <text>', 'password'],
  reconnect: [
    '--reconnect <n>',
    'how often a client tries to come back after its connection was lost; 0 is never',
    whole(0),
    0,
  ],
  reconnectPolicy: [
    '--reconnect-policy <name>',
    'how long a client waits before each try: fixed, equal-jitter, full-jitter, decorrelated (default equal-jitter: doubled every time, the upper half of it random), or none: it does not come back',
    oneOf(...reconnectPolicies),
  ],
  reconnectFirst: [
    '--reconnect-first <time>',
    'wait before the first try, before jitter (default 500ms); a bare number is ms',
    time('ms'),
  ],
  reconnectMax: ['--reconnect-max <time>', 'no wait is longer (default 8s); a bare number is ms', time('ms')],
  numRetryConnect: ['--num-retry-connect <n>', 'how often a first connect that failed is tried again', whole(0), 0],
  connectTimeout: [
    '--connect-timeout <time>',
    'longest wait for CONNACK, for each try; a bare number is seconds',
    time('s'),
    usualDialTimeout,
  ],
  feeder: [
    '--feeder <file>',
    'CSV or JSON, a row per client: id, username, password, topic, certfile, keyfile, and others for %{column}',
  ],
});

const mqtt5 = group('MQTT 5', all, {
  authMethod: [
    '--auth-method <name>',
    'prove the password (-u, -P) in an exchange of AUTH packets instead of sending it: SCRAM-SHA-256',
    oneOf(...authenticationMethods),
  ],
  sessionExpiry: ['-x, --session-expiry <seconds>', 'session expiry interval', whole(0, 0xffff_ffff)],
  rcvMax: ['--rcv-max <n>', 'receive maximum', whole(1, 65_535)],
  maximumPacketSize: ['--maximum-packet-size <bytes>', 'maximum packet size', whole(1, 0xffff_ffff)],
  topicAliasMaximum: ['--topic-alias-maximum <n>', 'topic alias maximum', whole(0, 65_535)],
  userProperty: ['--user-property <name=value>', 'user property of CONNECT (repeatable)', collect],
  reqResponseInfo: ['--req-response-info', 'ask the broker for response information in CONNACK'],
  reqProblemInfo: ['--no-req-problem-info', 'ask the broker for reasons without a text and user properties'],
});

const security = group('Security', all, {
  certfile: ['--cert, --certfile <file>', 'PEM of the client certificate'],
  keyfile: ['--key, --keyfile <file>', 'PEM of its key'],
  insecure: ['--insecure', 'do not verify the broker’s certificate'],
  sslVersion: ['--ssl-version <version>', '1.2 or 1.3 (default 1.3)', tlsVersionOf],
  servername: ['--servername <name>', 'name verified and sent as SNI (default: the host)'],
  alpn: ['--alpn <names>', 'ALPN protocols separated by commas (default on QUIC: mqtt)', list],
});

const webSocket = group('WebSocket', all, {
  path: ['--path <path>', 'path (default /mqtt)'],
  wsHeader: ['--ws-header <name:value>', 'further header (repeatable)', collect],
});

/** How clients connect and as whom. Names and letters are emqtt-bench's where it has them, else MQTTX's. */
export const connectOptions = {
  ...where,
  ...fleet,
  ...target,
  ...clients,
  ...mqtt5,
  ...security,
  ...webSocket,
};
