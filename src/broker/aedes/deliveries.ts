import type { Aedes, Client } from 'aedes';
import type { Message } from '../sessions/message.js';
import { type AedesDeliver, insideOf, insideOfClient, type SubscriptionInside } from './inside.js';
import { replace } from './patches.js';

/** What hands messages on to clients: it learns which subscriptions there are. */
export interface Router<Subscriber> {
  subscribe(key: object, filter: string, subscriber: Subscriber, subscription: SubscriptionInside): void;
  unsubscribe(key: object, done: () => void): void;
}

/** Whose a subscription is, asked with {@link question}. */
let answer: { readonly client: Client; readonly subscriber: unknown } | undefined;
/** No message ever has this callback. */
const question = (): void => {};
const blank = { cmd: 'publish', topic: '', payload: Buffer.alloc(0), qos: 0, retain: false };

/**
 * From now on messages to this client go here: those of its subscriptions when they are asked whose they are, and those that
 * aedes sends by itself (retained ones).
 */
export function onDelivery(
  client: Client,
  subscriber: unknown,
  deliver: (message: Message, done: () => void) => void,
): void {
  const ours: AedesDeliver = (message, done) => {
    if (done === question) answer = { client, subscriber };
    else deliver(message as Message, done);
  };
  const inside = insideOfClient(client);
  replace('client', inside, 'deliver0', () => ours);
  replace('client', inside, 'deliverQoS', () => ours);
}

/**
 * Subscriptions go to a router that knows whose they are. aedes hands over nothing but a function for each, which wraps the
 * client's way of delivery; called with a blank message, it tells the client.
 */
export function routeSubscriptions<Subscriber>(aedes: Aedes, router: Router<Subscriber>): void {
  const inside = insideOf(aedes);
  replace('broker', inside, 'subscribe', () => (filter, deliver, done) => {
    answer = undefined;
    deliver(blank, question);
    const { client, subscriber } = answer as unknown as { client: Client; subscriber: Subscriber };
    const subscription = insideOfClient(client).subscriptions[filter] as SubscriptionInside;
    router.subscribe(deliver, filter, subscriber, subscription);
    setImmediate(done);
  });
  replace(
    'broker',
    inside,
    'unsubscribe',
    () =>
      (_filter, deliver, done = () => {}) =>
        router.unsubscribe(deliver, done),
  );
}
