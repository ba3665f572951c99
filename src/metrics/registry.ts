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

/** @param label with its detail, where rows share it */
const value = <U extends Unit, B extends Better>(
  label: string | readonly [string, string],
  unit: U,
  better: B,
  meaning: string,
) => {
  const [name, detail = ''] = [label].flat();
  return { kind: 'value', unit, better, label: name as string, detail, meaning } as const;
};

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
  'publish.late': latency('Written late by', 'publish due → written (how late the generator was)'),
  'loop.delay': latency('Event loop late', 'delay of the event loop of the generator'),

  'clients.asked': value('Clients asked for', 'count', 'none', 'clients asked for'),
  'clients.connected': value('Clients connected', 'count', 'higher', 'clients that reached CONNACK'),
  'clients.failed': value('Failed connects', 'count', 'lower', 'connect attempts that failed'),
  'clients.survived': value('Went on', 'count', 'higher', 'clients heard over the same connection after the event'),
  'clients.reconnected': value(
    'Reconnected',
    'count',
    'lower',
    'clients that were on another connection after the event',
  ),
  'clients.lost': value(
    'Did not come back',
    'count',
    'lower',
    'clients that were neither heard after the event nor came back',
  ),
  'clients.unknown': value('Nobody knows', 'count', 'lower', 'clients of which nothing was asked after the event'),
  'messages.offered': value('Messages due', 'count', 'none', 'publishes that were due'),
  'messages.sent': value('Messages sent', 'count', 'higher', 'publishes written at least once'),
  'messages.resent': value(
    'Sent again',
    'count',
    'lower',
    'publishes written again after a reconnect or a retry interval, when that was',
  ),
  'messages.acknowledged': value('Acknowledged, all', 'count', 'higher', 'publishes acknowledged by the broker'),
  'messages.received': value(
    'Messages received',
    'count',
    'higher',
    'messages that arrived at subscribers, first copies only',
  ),
  'messages.duplicate': value('Messages duplicate', 'count', 'lower', 'messages that arrived again'),
  'messages.disordered': value(
    'Out of order',
    'count',
    'lower',
    'messages that arrived after a later one of the same publisher and topic',
  ),
  'messages.missing': value(
    'Messages missing',
    'count',
    'lower',
    'messages sent that no subscriber got before the drain window ended',
  ),
  'messages.outstanding': value(
    'Not finished',
    'count',
    'lower',
    'publishes that were due and neither acknowledged nor given up when measuring stopped',
  ),
  'rate.offered': value('Due', 'per-second', 'none', 'publishes due per second'),
  'rate.achieved': value(
    'Acknowledged',
    'per-second',
    'higher',
    'publishes acknowledged (QoS 0: written) per second of publishing; of a window: in it, whenever they had been due',
  ),
  'rate.received': value(
    'Received',
    'per-second',
    'higher',
    'messages received per second, first copies only; of a window: in it, whenever they had been due',
  ),
  'rate.capacity': value(
    'Highest rate held',
    'per-second',
    'higher',
    'highest publish rate that the arm held in the search before the cells',
  ),
  'rate.connect': value('Connected', 'per-second', 'higher', 'connects completed per second'),

  'wire.connect.up': value(
    ['Bytes per connect', 'up'],
    'bytes',
    'lower',
    'bytes from client to server until connected and subscribed, per client',
  ),
  'wire.connect.down': value(
    ['Bytes per connect', 'down'],
    'bytes',
    'lower',
    'bytes from server to client until connected and subscribed, per client',
  ),
  'wire.connect.packets': value(
    ['Packets/connect', 'both'],
    'packets',
    'lower',
    'packets both ways until connected and subscribed, per client',
  ),
  'wire.message.up': value(
    ['Bytes per message', 'up'],
    'bytes',
    'lower',
    'bytes from client to server per message, acknowledgements and all else of the traffic included',
  ),
  'wire.message.down': value(
    ['Bytes per message', 'down'],
    'bytes',
    'lower',
    'bytes from server to client per message, acknowledgements and all else of the traffic included',
  ),
  'wire.message.packets': value(
    ['Packets/message', 'both'],
    'packets',
    'lower',
    'packets both ways per message, acknowledgements and all else of the traffic included',
  ),
  'wire.reconnect.up': value(
    ['Bytes/reconnect', 'up'],
    'bytes',
    'lower',
    'bytes from client to server per reconnect, the good-bye before it included; fleets that do not publish',
  ),
  'wire.reconnect.down': value(
    ['Bytes/reconnect', 'down'],
    'bytes',
    'lower',
    'bytes from server to client per reconnect, the good-bye before it included; fleets that do not publish',
  ),
  'wire.reconnect.packets': value(
    ['Packets/reconnect', 'both'],
    'packets',
    'lower',
    'packets both ways per reconnect, the good-bye before it included; fleets that do not publish',
  ),
  'wire.idle.up': value(
    ['Bytes per idle min', 'up'],
    'bytes',
    'lower',
    'bytes from client to server per idle client and minute',
  ),
  'wire.idle.down': value(
    ['Bytes per idle min', 'down'],
    'bytes',
    'lower',
    'bytes from server to client per idle client and minute',
  ),
  'broker.connect.cpu': value(
    ['Broker CPU, per', 'connect'],
    'us',
    'lower',
    'processor time of the broker (and of nginx before it) per connect',
  ),
  'broker.reconnect.cpu': value(
    ['Broker CPU, per', 'reconnect'],
    'us',
    'lower',
    'processor time of the broker (and of nginx before it) per reconnect; fleets that do not publish',
  ),
  'broker.message.cpu': value(
    ['Broker CPU, per', 'message'],
    'us',
    'lower',
    'processor time of the broker (and of nginx before it) per message',
  ),
  'machine.message.cpu': value(
    ['CPU of all, per', 'message'],
    'us',
    'lower',
    'processor time of all roles per message, the link included, and of the kernel work that no process is billed for',
  ),
} as const satisfies Record<string, MetricDeclaration>;

export type MetricName = keyof typeof metrics;

/** Metrics that are histograms. */
export type DistributionName = {
  [K in MetricName]: (typeof metrics)[K]['kind'] extends 'distribution' ? K : never;
}[MetricName];

/** Metrics that are one number per cell. */
export type ValueName = Exclude<MetricName, DistributionName>;

export const metricNames = Object.keys(metrics) as MetricName[];

export const isDistribution = (name: MetricName): name is DistributionName => metrics[name].kind === 'distribution';

/** What belongs to an event of the timeline: what became of the clients, and the way back of those that it cut. */
export const isEventMetric = (name: string): boolean =>
  name.startsWith('reconnect.') || /^clients\.(survived|reconnected|lost|unknown)$/.test(name);
