import type { Aedes } from 'aedes';
import type { BrokerLimits } from '../limits.js';
import { insideOf, type Queued } from './inside.js';
import { replace } from './patches.js';

/** What a message costs beside its topic and payload while it is kept: objects, bytes, by estimate. */
const overheadBytes = 256;

type Queue = Record<'messages' | 'bytes', number>;

/**
 * Bounds what is kept for sessions whose client is away. aedes keeps every message of QoS 1 and 2 for them: one forgotten
 * session with the filter `#` would take all memory. The newest are dropped, as mosquitto does (max_queued_messages).
 * A session that is connected has no such bound; there back-pressure slows its publishers.
 */
export class AwayQueues {
  /** Messages not kept, counted once for each session that they were for. */
  dropped = 0;
  /** Messages kept for all sessions now, those under way to connected ones included. */
  messages = 0;
  private bytes = 0;
  private readonly queues = new Map<string, Queue>();

  constructor(aedes: Aedes, limits: Pick<BrokerLimits, 'queuedMessages' | 'queuedBytes'>) {
    const { persistence, clients } = insideOf(aedes);
    replace('persistence', persistence, 'outgoingEnqueueCombi', (enqueue) => (subscriptions, message) => {
      const bytes = sizeOf(message);
      const mayKeep = ({ clientId }: Subscription): boolean =>
        clients[clientId] !== undefined ||
        ((this.queues.get(clientId)?.messages ?? 0) < limits.queuedMessages &&
          this.bytes + bytes <= limits.queuedBytes);
      let kept: Subscription[] | undefined;
      for (const subscription of subscriptions) {
        if (mayKeep(subscription)) {
          this.add(subscription.clientId, bytes);
          continue;
        }
        this.dropped++;
        kept ??= [...subscriptions];
        kept.splice(kept.indexOf(subscription), 1);
      }
      return enqueue(kept ?? subscriptions, message);
    });
    replace('persistence', persistence, 'outgoingClearMessageId', (clear) => async (client, packet) => {
      const cleared = await clear(client, packet);
      if (cleared !== undefined) this.remove(client.id, cleared);
      return cleared;
    });
  }

  private add(clientId: string, bytes: number): void {
    let queue = this.queues.get(clientId);
    if (!queue) {
      queue = { messages: 0, bytes: 0 };
      this.queues.set(clientId, queue);
    }
    queue.messages++;
    queue.bytes += bytes;
    this.messages++;
    this.bytes += bytes;
  }

  /** @param cleared a message, or the PUBREL that took its place */
  private remove(clientId: string, cleared: Queued): void {
    const queue = this.queues.get(clientId);
    if (!queue) return;
    // A PUBREL no longer knows how large its message was: the mean of what is kept stands for it.
    const bytes =
      typeof cleared.topic !== 'string' ? queue.bytes / queue.messages : Math.min(queue.bytes, sizeOf(cleared));
    queue.messages--;
    queue.bytes -= bytes;
    this.messages--;
    this.bytes -= bytes;
    if (queue.messages > 0) return;
    this.bytes -= queue.bytes;
    this.queues.delete(clientId);
  }
}

const sizeOf = ({ topic, payload }: Queued): number => overheadBytes + (topic?.length ?? 0) + (payload?.length ?? 0);

type Subscription = { readonly clientId: string };
