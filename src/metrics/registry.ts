/**
 * Every metric is declared here once: its unit, which direction is better, and
 * what it means in words. Tables, reports, comparisons and expectations read
 * this table; a name that is not in it does not exist.
 */
export type Unit = 'us' | 'count' | 'bytes' | 'packets' | 'share' | 'per-second' | 'cores';
export type Better = 'lower' | 'higher' | 'none';

export interface MetricDeclaration {
  /** distribution: an HDR histogram with percentiles. value: one number per cell. */
  readonly kind: 'distribution' | 'value';
  readonly unit: Unit;
  readonly better: Better;
  /** One line, from what to what. Shown in reports and `--help`. */
  readonly meaning: string;
}

const latency = (meaning: string) => ({ kind: 'distribution', unit: 'us', better: 'lower', meaning }) as const;

const value = <U extends Unit, B extends Better>(unit: U, better: B, meaning: string) =>
  ({ kind: 'value', unit, better, meaning }) as const;

export const metrics = {
  'connect.transport': latency('connect due → transport ready for MQTT bytes'),
  'connect.connack': latency('connect due → CONNACK received'),
  'connect.suback': latency('connect due → SUBACK received, of the clients that subscribe'),
  'connect.connack.raw': latency('dial started → CONNACK received (not from the due time)'),
  'connect.late': latency('connect due → dial started (how late the generator was)'),
  'reconnect.transport': latency('connection cut → transport ready again'),
  'reconnect.connack': latency('connection cut → CONNACK received again'),
  'reconnect.suback': latency('connection cut → subscribed again, of the clients that subscribe'),
  'reconnect.retry': latency('first retry due → CONNACK received again'),
  'reconnect.noticed': latency('connection cut → the client noticed'),
  'reconnect.connack.full': latency('the same as reconnect.connack, with a full handshake'),
  'reconnect.connack.resumed': latency('the same as reconnect.connack, with a resumed session'),
  'reconnect.connack.early-data': latency('the same as reconnect.connack, with early data (0-RTT)'),
  'reconnect.message': latency('connection cut → first message delivered or acknowledged again'),
  'reconnect.drained': latency('connection cut → everything that waited meanwhile is acknowledged'),
  'migration.path': latency('first packet from the new address → proof that the path works both ways'),
  'publish.ack': latency('publish due (in a closed loop: written) → PUBACK (QoS 1) or PUBCOMP (QoS 2)'),
  'publish.ack.raw': latency('PUBLISH written → PUBACK or PUBCOMP (not from the due time)'),
  'delivery.e2e': latency('publish due (in a closed loop: written) → arrival at the subscriber'),
  'delivery.gap': latency(
    'longest silence per client while messages were due; counts whole, in the window the message that ended it was due in',
  ),
  'publish.late': latency('publish due → written (how late the generator was)'),
  'loop.delay': latency('delay of the event loop of the generator'),

  'clients.asked': value('count', 'none', 'clients asked for'),
  'clients.connected': value('count', 'higher', 'clients that reached CONNACK'),
  'clients.failed': value('count', 'lower', 'connect attempts that failed'),
  'clients.survived': value('count', 'higher', 'clients heard over the same connection after the event'),
  'clients.reconnected': value('count', 'lower', 'clients that were on another connection after the event'),
  'clients.lost': value('count', 'lower', 'clients that were neither heard after the event nor came back'),
  'clients.unknown': value('count', 'lower', 'clients of which nothing was asked after the event'),
  'messages.offered': value('count', 'none', 'publishes that were due'),
  'messages.sent': value('count', 'higher', 'publishes written at least once'),
  'messages.resent': value(
    'count',
    'lower',
    'publishes written again after a reconnect or a retry interval, when that was',
  ),
  'messages.acknowledged': value('count', 'higher', 'publishes acknowledged by the broker'),
  'messages.received': value('count', 'higher', 'messages that arrived at subscribers, first copies only'),
  'messages.duplicate': value('count', 'lower', 'messages that arrived again'),
  'messages.disordered': value(
    'count',
    'lower',
    'messages that arrived after a later one of the same publisher and topic',
  ),
  'messages.missing': value('count', 'lower', 'messages sent that no subscriber got before the drain window ended'),
  'messages.outstanding': value(
    'count',
    'lower',
    'publishes that were due and neither acknowledged nor given up when measuring stopped',
  ),
  'rate.offered': value('per-second', 'none', 'publishes due per second'),
  'rate.achieved': value(
    'per-second',
    'higher',
    'publishes acknowledged (QoS 0: written) per second of publishing; of a window: in it, whenever they had been due',
  ),
  'rate.received': value(
    'per-second',
    'higher',
    'messages received per second, first copies only; of a window: in it, whenever they had been due',
  ),
  'rate.capacity': value(
    'per-second',
    'higher',
    'highest publish rate that the arm held in the search before the cells',
  ),
  'rate.connect': value('per-second', 'higher', 'connects completed per second'),

  'wire.connect.up': value('bytes', 'lower', 'bytes from client to server until connected and subscribed, per client'),
  'wire.connect.down': value(
    'bytes',
    'lower',
    'bytes from server to client until connected and subscribed, per client',
  ),
  'wire.connect.packets': value('packets', 'lower', 'packets both ways until connected and subscribed, per client'),
  'wire.message.up': value(
    'bytes',
    'lower',
    'bytes from client to server per message, acknowledgements and all else of the traffic included',
  ),
  'wire.message.down': value(
    'bytes',
    'lower',
    'bytes from server to client per message, acknowledgements and all else of the traffic included',
  ),
  'wire.message.packets': value(
    'packets',
    'lower',
    'packets both ways per message, acknowledgements and all else of the traffic included',
  ),
  'wire.reconnect.up': value(
    'bytes',
    'lower',
    'bytes from client to server per reconnect, the good-bye before it included; fleets that do not publish',
  ),
  'wire.reconnect.down': value(
    'bytes',
    'lower',
    'bytes from server to client per reconnect, the good-bye before it included; fleets that do not publish',
  ),
  'wire.reconnect.packets': value(
    'packets',
    'lower',
    'packets both ways per reconnect, the good-bye before it included; fleets that do not publish',
  ),
  'wire.idle.up': value('bytes', 'lower', 'bytes from client to server per idle client and minute'),
  'wire.idle.down': value('bytes', 'lower', 'bytes from server to client per idle client and minute'),
  'broker.connect.cpu': value('us', 'lower', 'processor time of the broker (and of nginx before it) per connect'),
  'broker.reconnect.cpu': value(
    'us',
    'lower',
    'processor time of the broker (and of nginx before it) per reconnect; fleets that do not publish',
  ),
  'broker.message.cpu': value('us', 'lower', 'processor time of the broker (and of nginx before it) per message'),
  'machine.message.cpu': value(
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

/** What belongs to an event of the timeline: what became of the clients, and the way back of those that it cut. */
export const isEventMetric = (name: string): boolean =>
  name.startsWith('reconnect.') || /^clients\.(survived|reconnected|lost|unknown)$/.test(name);
