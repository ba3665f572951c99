/**
 * Every metric is declared here once: its unit, which direction is better, what
 * a row of it is called, and what it means in words. Tables, reports, comparisons and expectations read
 * this table; a name that is not in it does not exist.
 */
export type Unit = 'us' | 'count' | 'bytes' | 'packets' | 'share' | 'per-second' | 'cores';
export type Better = 'lower' | 'higher' | 'none';

export interface MetricDeclaration {
  /** distribution: an HDR histogram with percentiles. value: one number per cell. */
  readonly kind: 'distribution' | 'value';
  readonly unit: Unit;
  readonly better: Better;
  /** What a row of a table calls it, in at most 18 characters. */
  readonly label: string;
  /** Which of the rows that share the label it is, such as `up`; empty where there is one, or one for each percentile. */
  readonly detail: string;
  /** One line, from what to what. Shown in reports and `--help`. */
  readonly meaning: string;
}

const latency = (label: string, meaning: string) =>
  ({ kind: 'distribution', unit: 'us', better: 'lower', label, detail: '', meaning }) as const;

/** One number per cell. @param detail where rows share the label */
const value =
  (unit: Unit, better: Better) =>
  (label: string, meaning: string, detail = '') =>
    ({ kind: 'value', unit, better, label, detail, meaning }) as const;

const known = value('count', 'none');
const more = value('count', 'higher');
const fewer = value('count', 'lower');
const faster = value('per-second', 'higher');

const directions = {
  up: ['bytes', 'bytes from client to server'],
  down: ['bytes', 'bytes from server to client'],
  both: ['packets', 'packets both ways'],
} as const;
const wire = (label: string, direction: keyof typeof directions, what: string) => {
  const [unit, meaning] = directions[direction];
  return value(unit, 'lower')(label, `${meaning} ${what}`, direction);
};
const connecting = 'until connected and subscribed, per client';
const message = 'per message, acknowledgements and all else of the traffic included';
const reconnecting = 'per reconnect, the good-bye before it included; fleets that do not publish';

const processorTime = value('us', 'lower');
const brokerTime = (per: string, where = '') =>
  processorTime(
    'Broker CPU, per',
    `processor time of the broker (and of nginx or a gateway before it) per ${per}${where}`,
    per,
  );

const way = (detail: string, when: string) =>
  value('us', 'none')(
    'Path to broker',
    `TCP handshake from this host to a broker elsewhere, beside the lab: ${when}`,
    detail,
  );

export const metrics = {
  'connect.transport': latency('Transport ready', 'connect due → transport ready for MQTT bytes'),
  'connect.connack': latency('CONNACK', 'connect due → CONNACK received'),
  'connect.suback': latency('SUBACK', 'connect due → SUBACK received, of the clients that subscribe'),
  'connect.connack.raw': latency('CONNACK from dial', 'dial started → CONNACK received (not from the due time)'),
  'connect.late': latency('Dialled late by', 'connect due → dial started (how late the generator was)'),
  'reconnect.transport': latency('Transport back', 'connection cut → transport ready again'),
  'reconnect.connack': latency('Back after', 'connection cut → CONNACK received again'),
  'reconnect.suback': latency('Subscribed again', 'connection cut → subscribed again, of the clients that subscribe'),
  'reconnect.retry': latency('First try to back', 'first retry due → CONNACK received again'),
  'reconnect.noticed': latency('Noticed after', 'connection cut → the client noticed'),
  'reconnect.connack.full': latency('Back, full', 'the same as reconnect.connack, with a full handshake'),
  'reconnect.connack.resumed': latency('Back, resumed', 'the same as reconnect.connack, with a resumed session'),
  'reconnect.connack.early-data': latency('Back, 0-RTT', 'the same as reconnect.connack, with early data (0-RTT)'),
  'reconnect.message': latency('First message', 'connection cut → first message delivered or acknowledged again'),
  'reconnect.drained': latency('Backlog drained', 'connection cut → everything that waited meanwhile is acknowledged'),
  'migration.path': latency(
    'New path proved',
    'first packet from the new address → proof that the path works both ways',
  ),
  'publish.ack': latency(
    'PUBLISH to PUBACK',
    'publish due (in a closed loop: written) → PUBACK (QoS 1) or PUBCOMP (QoS 2)',
  ),
  'publish.ack.raw': latency('Written to PUBACK', 'PUBLISH written → PUBACK or PUBCOMP (not from the due time)'),
  'delivery.e2e': latency('Delivered', 'publish due (in a closed loop: written) → arrival at the subscriber'),
  'delivery.gap': latency(
    'Longest silence',
    'longest silence per client while messages were due; counts whole, in the window the message that ended it was due in',
  ),
  'request.rtt': latency(
    'Request answered',
    'request due (in a closed loop: written) → its response, by correlation data',
  ),
  'publish.late': latency('Written late by', 'publish due → written (how late the generator was)'),
  'loop.delay': latency('Event loop late', 'delay of the event loop of the generator'),

  'clients.asked': known('Clients asked for', 'clients asked for'),
  'clients.connected': more('Clients connected', 'clients that reached CONNACK'),
  'clients.failed': fewer('Failed connects', 'connect attempts that failed'),
  'clients.survived': more('Went on', 'clients heard over the same connection after the event'),
  'clients.reconnected': fewer('Reconnected', 'clients that were on another connection after the event'),
  'clients.lost': fewer('Did not come back', 'clients that were neither heard after the event nor came back'),
  'clients.unknown': fewer('Nobody knows', 'clients of which nothing was asked after the event'),
  'messages.offered': known('Messages due', 'publishes that were due'),
  'messages.sent': more('Messages sent', 'publishes written at least once'),
  'messages.resent': fewer(
    'Sent again',
    'publishes written again after a reconnect or a retry interval, when that was',
  ),
  'messages.acknowledged': more('Acknowledged, all', 'publishes acknowledged by the broker'),
  'messages.received': more('Messages received', 'messages that arrived at subscribers, first copies only'),
  'messages.duplicate': fewer('Messages duplicate', 'messages that arrived again'),
  'messages.disordered': fewer(
    'Out of order',
    'messages that arrived after a later one of the same publisher and topic',
  ),
  'messages.missing': fewer('Messages missing', 'messages sent that no subscriber got before the drain window ended'),
  'requests.unanswered': fewer('Not answered', 'requests that were written and had no response when measuring stopped'),
  'messages.outstanding': fewer(
    'Not finished',
    'publishes that were due and neither acknowledged nor given up when measuring stopped',
  ),
  'rate.offered': value('per-second', 'none')('Due', 'publishes due per second'),
  'rate.achieved': faster(
    'Acknowledged',
    'publishes acknowledged (QoS 0: written) per second of publishing; of a window: in it, whenever they had been due',
  ),
  'rate.received': faster(
    'Received',
    'messages received per second, first copies only; of a window: in it, whenever they had been due',
  ),
  'rate.capacity': faster('Highest rate held', 'highest publish rate that the arm held in the search before the cells'),
  'rate.connect': faster('Connected', 'connects completed per second'),

  'wire.connect.up': wire('Bytes per connect', 'up', connecting),
  'wire.connect.down': wire('Bytes per connect', 'down', connecting),
  'wire.connect.packets': wire('Packets/connect', 'both', connecting),
  'wire.message.up': wire('Bytes per message', 'up', message),
  'wire.message.down': wire('Bytes per message', 'down', message),
  'wire.message.packets': wire('Packets/message', 'both', message),
  'wire.reconnect.up': wire('Bytes/reconnect', 'up', reconnecting),
  'wire.reconnect.down': wire('Bytes/reconnect', 'down', reconnecting),
  'wire.reconnect.packets': wire('Packets/reconnect', 'both', reconnecting),
  'wire.idle.up': wire('Bytes per idle min', 'up', 'per idle client and minute'),
  'wire.idle.down': wire('Bytes per idle min', 'down', 'per idle client and minute'),
  'broker.connect.cpu': brokerTime('connect'),
  'broker.reconnect.cpu': brokerTime('reconnect', '; fleets that do not publish'),
  'broker.message.cpu': brokerTime('message'),
  'machine.message.cpu': processorTime(
    'CPU of all, per',
    'processor time of all roles per message, the link included, and of the kernel work that no process is billed for',
    'message',
  ),
  'path.before': way('before', 'before the cell, median of five'),
  'path.rtt': way('median', 'during the cell, median'),
  'path.rtt.p90': way('P90', 'during the cell, 90th percentile'),
} as const satisfies Record<string, MetricDeclaration>;

export type MetricName = keyof typeof metrics;

export type DistributionName = {
  [K in MetricName]: (typeof metrics)[K]['kind'] extends 'distribution' ? K : never;
}[MetricName];

export type ValueName = Exclude<MetricName, DistributionName>;

export const metricNames = Object.keys(metrics) as MetricName[];

export const isDistribution = (name: MetricName): name is DistributionName => metrics[name].kind === 'distribution';

/** What belongs to an event of the timeline: what became of the clients, and the way back of those that it cut. */
export const isEventMetric = (name: string): boolean =>
  name.startsWith('reconnect.') || /^clients\.(survived|reconnected|lost|unknown)$/.test(name);
