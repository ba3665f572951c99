import { type LoadPlan, ownTopics } from '../../plan/plan.js';
import { nameClient, publishTopic } from '../client/naming.js';
import { SubscriptionIndex } from '../client/subscriptions.js';
import type { PublishedBooks } from '../messages.js';
import { globalNumber, localNumber } from '../pace/split.js';
import type { Outstanding } from './outstanding.js';
import type { Worker } from './worker.js';

/** Of a longer stretch of missing messages so many stand for all. */
const mostSamples = 10_000;

/**
 * Holds what the worker's subscribers got against what all publishers published, subscriber by subscriber and message by
 * message, so that nothing that came too often makes up for what did not come. Deliveries that are promised and have not
 * come are outstanding since their message was due.
 * @returns messages that were written and did not come, by topic of the plan; undefined where nobody can say which
 * subscriber was to get a message: groups that share them, messages of other runs
 */
export function missingDeliveries(
  worker: Worker,
  books: readonly PublishedBooks[],
  outstanding: Outstanding,
): number[] | undefined {
  const { plan, clients, share } = worker;
  const { arrivals } = worker.books;
  if (plan.publish === undefined || plan.subscribe === undefined || plan.anyRun === true) return undefined;
  const index = new SubscriptionIndex(
    plan,
    clients.map(({ name }) => name),
  );
  if (index.isShared) return undefined;
  const { topics = 1 } = plan;
  const missing = new Array<number>(topics).fill(0);
  for (const [publisher, flow, sent, offered] of published(plan, books)) {
    const topic = publishTopic(plan, nameClient(plan, publisher), 0, flow);
    for (const number of index.clientsOf(topic)) {
      const local = localNumber(number, share);
      const reception = clients[local]?.reception;
      const track = reception?.trackOf(publisher, flow);
      const got = track === undefined ? 0 : arrivals.receivedOf(track);
      missing[flow] = (missing[flow] as number) + Math.max(0, sent - got);
      if (got < sent && reception !== undefined) outstanding.silent(local, reception.openSilence);
      if (got >= offered || !isPromised(plan, flow)) continue;
      const late = lateOnes(worker, outstanding, publisher, flow);
      if (track === undefined) late(0, offered);
      else arrivals.eachMissing(track, offered, late);
    }
  }
  return missing;
}

/**
 * Messages that have not come although a later one of the same publisher and topic has, by topic of the plan. Order
 * holds within them (MQTT 5.0, 4.6), so these are not merely late.
 */
export function overtakenByTopic({ plan, clients }: Worker): number[] {
  const overtaken = new Array<number>(plan.topics ?? 1).fill(0);
  for (const { reception } of clients) reception.addGapsTo(overtaken);
  return overtaken;
}

/** Publisher, topic, and how many of its messages were written and had become due. */
export function* published(
  { topics = 1 }: LoadPlan,
  books: readonly PublishedBooks[],
): Generator<[publisher: number, flow: number, sent: number, offered: number]> {
  for (const { share, sent, offered } of books) {
    for (let item = 0; item < offered.length; item++) {
      if (offered[item] === 0) continue;
      const publisher = globalNumber(Math.floor(item / topics), share);
      yield [publisher, item % topics, sent[item] as number, offered[item] as number];
    }
  }
}

/**
 * Whether QoS and session promise that a message comes some time: not QoS 0, not what may expire (MQTT 5.0, 3.3.2.3.3),
 * and not to clients that leave on purpose and whose session ends then.
 */
function isPromised(plan: LoadPlan, flow: number): boolean {
  const { publish, subscribe, churn, clean } = plan;
  const qos = ownTopics(plan)?.[flow]?.qos ?? publish?.qos ?? 0;
  if (Math.min(qos, subscribe?.qos ?? 0) === 0) return false;
  return publish?.properties?.messageExpiryInterval === undefined && !(churn !== undefined && clean);
}

/** Counts late messages; in a closed loop nobody but the publisher knows when they were due: before now. */
function lateOnes({ publishing, clock }: Worker, to: Outstanding, publisher: number, flow: number) {
  return (from: number, end: number): void => {
    const step = Math.ceil((end - from) / mostSamples);
    for (let sequence = from; sequence < end; sequence += step) {
      const due = publishing.isClosedLoop ? clock() : publishing.dueOf(publisher, flow, sequence);
      to.operation('delivery.e2e', due, due, Math.min(step, end - sequence));
    }
  };
}
