import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { keptCounter } from '../metrics/kept-counter.js';
import type { Broker } from './broker.js';

const prefix = 'mqbench_broker_';

/** Seconds a session lasted: from a client that fails at once to one that stays for a day. */
const sessionBuckets = [0.1, 1, 5, 15, 60, 300, 1800, 7200, 86_400];

/** What has a counter of its own; the rest of Broker.counters() are events of a listener. */
const named: Readonly<Record<string, readonly [name: string, help: string]>> = {
  publishesReceived: ['publishes_received_total', 'PUBLISH packets received'],
  publishesDelivered: ['publishes_delivered_total', 'PUBLISH packets sent to subscribers'],
  bytesReceived: ['received_bytes_total', 'Bytes received on all connections'],
  bytesSent: ['sent_bytes_total', 'Bytes sent on all connections'],
  'mqtt.connects': ['connect_packets_total', 'CONNECT packets received'],
  'mqtt.versionsRefused': [
    'refused_versions_total',
    'CONNECT packets refused for a protocol version that is not spoken',
  ],
  'mqtt.clientErrors': ['client_errors_total', 'Connections that ended with an error after CONNACK'],
  'mqtt.connectionErrors': ['connection_errors_total', 'Connections that ended with an error before CONNACK'],
  'mqtt.keepaliveTimeouts': ['keepalive_timeouts_total', 'Clients that were silent for 1.5 times their keepalive'],
  'mqtt.limitsExceeded': ['limits_exceeded_total', 'Connections cut off by a limit'],
  'mqtt.packetsTooLarge': ['oversized_packets_total', 'Of those, for a packet larger than allowed'],
  'mqtt.packetsMalformed': ['malformed_packets_total', 'Connections cut off for a packet against the rules of MQTT'],
  'mqtt.droppedForAway': ['queue_drops_total', 'Messages not kept for a session that was away, as enough were'],
  'mqtt.droppedForReceiveMaximum': [
    'receive_maximum_drops_total',
    'Messages dropped for a client that acknowledged too slowly',
  ],
  'mqtt.tooLargeForClient': ['client_size_drops_total', 'Messages dropped that are larger than their client takes'],
  'mqtt.earlyPackets': ['early_packets_total', 'MQTT packets that came before the QUIC handshake was confirmed'],
  'mqtt.earlyHeld': ['early_held_total', 'Of those, how many had to wait for it'],
  'mqtt.earlyDropped': ['early_dropped_total', 'Of the waiting ones, how many were dropped as the handshake failed'],
  'mqtt.readsDeferred': [
    'deferred_reads_total',
    'Times a connection was read in a later turn, as enough had been read',
  ],
  'mqtt.publishersHeld': [
    'publishers_held_total',
    'Times a publisher was not read until slow subscribers had caught up',
  ],
  'mqtt.addressChanges': ['address_changes_total', 'Clients seen at a new address under a living connection'],
};

/** How long a reading is good for (ms); a scrape takes less. */
const snapshotMs = 50;

/** Of a listener, but a number of now and not an event. */
const gauges = new Set(['handshaking']);

/**
 * The metrics of a broker and its process for Prometheus: base units, `_total`
 * on what only rises (https://prometheus.io/docs/practices/naming/). They are
 * read when they are asked for; only the duration of sessions is kept between.
 */
export function brokerRegistry(broker: Broker): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const read = reader(broker);
  for (const [counter, [name, help]] of Object.entries(named)) {
    keptCounter(registry, `${prefix}${name}`, help, () => read()[counter] ?? 0);
  }
  addListeners(registry, broker, read);
  const sessions = new Histogram({
    name: `${prefix}session_duration_seconds`,
    help: 'How long connections lived, by transport',
    labelNames: ['transport'],
    buckets: sessionBuckets,
    registers: [registry],
  });
  broker.traffic.onClosed = (connection, seconds) => sessions.observe({ transport: connection.transport }, seconds);
  return registry;
}

/** One reading serves all metrics of a scrape. */
function reader(broker: Broker): () => Readonly<Record<string, number>> {
  let last: Readonly<Record<string, number>> = {};
  let at = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - at <= snapshotMs) return last;
    at = now;
    const { publishesDelivered } = broker;
    const { publishesReceived } = broker.traffic;
    last = { publishesReceived, publishesDelivered, ...broker.bytes(), ...broker.counters() };
    return last;
  };
}

function addListeners(registry: Registry, broker: Broker, read: ReturnType<typeof reader>): void {
  new Gauge({
    name: `${prefix}connections`,
    help: 'Living connections',
    labelNames: ['transport'],
    registers: [registry],
    collect() {
      for (const [transport, count] of Object.entries(broker.connections())) this.set({ transport }, count);
    },
  });
  new Gauge({
    name: `${prefix}pending_deliveries`,
    help: 'Messages begun to be delivered that no subscriber’s socket has taken',
    registers: [registry],
    collect() {
      this.set(broker.pressure.pending);
    },
  });
  new Counter({
    name: `${prefix}listener_events_total`,
    help: 'Events of a listener: connections accepted, handshakes failed, datagrams received …',
    labelNames: ['transport', 'event'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [key, count] of Object.entries(read())) {
        const [transport = '', event = ''] = key.split('.');
        if (!(key in named) && !gauges.has(event)) this.inc({ transport, event: snake(event) }, count);
      }
    },
  });
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
