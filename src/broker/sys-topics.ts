import { version } from '../base/version.js';
import { TopicIndex } from '../mqtt/topics.js';
import type { Aedes, Client } from './aedes/aedes.js';
import type { Broker } from './broker.js';

const root = '$SYS/broker';

/**
 * What the broker says of itself below `$SYS/broker`, under the names of mosquitto: renewed every second, and told at once
 * to whoever subscribes, as a retained message would be. Nothing is kept with the retained messages themselves, which
 * aedes would hand to subscribers of `#` too ([MQTT-4.7.2-1]).
 */
export class SysTopics {
  private readonly started = performance.now();
  private mostConnected = 0;
  /** Somebody has subscribed to some of it; before, nothing is added up. */
  private watched = false;
  private last = new Map<string, string>();

  constructor(
    private readonly aedes: Aedes,
    private readonly broker: Broker,
  ) {
    aedes.on('subscribe', (subscriptions, client) => this.tell(subscriptions, client));
  }

  /** Hands on what has changed; to be called every second. */
  publish(): void {
    this.mostConnected = Math.max(this.mostConnected, this.broker.connected);
    if (!this.watched) return;
    const now = this.read();
    for (const [topic, payload] of now) {
      if (this.last.get(topic) === payload) continue;
      this.aedes.publish({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false }, () => {});
    }
    this.last = now;
  }

  private tell(subscriptions: readonly { readonly topic: string; readonly qos?: number }[], client: Client): void {
    const filters = subscriptions.filter(({ topic, qos }) => topic.startsWith('$SYS/') && qos !== 128);
    if (filters.length === 0) return;
    const asked = new TopicIndex<true>();
    for (const { topic } of filters) asked.add(topic, true);
    this.watched = true;
    for (const [topic, payload] of this.read()) {
      if (asked.match(topic).length === 0) continue;
      client.publish({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: true }, () => {});
    }
  }

  private read(): Map<string, string> {
    const { broker } = this;
    const { connected } = broker;
    this.mostConnected = Math.max(this.mostConnected, connected);
    const { received, sent } = broker.packets();
    const { bytesReceived, bytesSent } = broker.bytes();
    const { publishesDelivered } = broker;
    const { publishesReceived } = broker.traffic;
    const values: Record<string, number | string> = {
      version: `mqbench version ${version}`,
      uptime: `${Math.floor((performance.now() - this.started) / 1000)} seconds`,
      'clients/connected': connected,
      'clients/maximum': this.mostConnected,
      'subscriptions/count': broker.subscriptions,
      'messages/received': received,
      'messages/sent': sent,
      'messages/stored': broker.sessions.messages,
      'publish/messages/received': publishesReceived,
      'publish/messages/sent': publishesDelivered,
      'publish/messages/dropped': broker.sessions.dropped,
      'bytes/received': bytesReceived,
      'bytes/sent': bytesSent,
    };
    return new Map(Object.entries(values).map(([name, value]) => [`${root}/${name}`, String(value)]));
  }
}
