import { hasWildcard, TopicIndex } from '../../mqtt/topics.js';
import { isShared } from '../shared-filters.js';
import { type Message, settle } from './message.js';

/** The last message of each topic that was published with RETAIN (MQTT 5.0, 3.3.1.3). */
export class Retained {
  private readonly messages = new Map<string, Message>();

  /** An empty payload takes it away [MQTT-3.3.1-6]. */
  store(message: Message): void {
    if (message.payload.length === 0) {
      this.messages.delete(message.topic);
      return;
    }
    const retained = { ...message };
    settle(retained);
    this.messages.set(message.topic, retained);
  }

  /** Those whose topics match any of the filters, each once for each filter that it matches. */
  *matching(filters: readonly string[]): Generator<Message> {
    for (const filter of filters) {
      if (isShared(filter)) continue; // MQTT 5.0, 4.8.2
      const exact = this.messages.get(filter);
      if (exact) yield exact;
      if (!hasWildcard(filter)) continue;
      const index = new TopicIndex<true>();
      index.add(filter, true);
      for (const message of this.messages.values()) if (index.match(message.topic).length > 0) yield message;
    }
  }
}
