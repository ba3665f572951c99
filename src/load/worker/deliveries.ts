import { type LoadPlan, ownTopics } from '../../plan/plan.js';
import { SubscriptionIndex } from '../client/subscriptions.js';
import type { CellFleet, Fleets, Publisher } from '../fleets.js';
import type { PublishedBooks } from '../messages.js';
import { globalNumber, localNumber } from '../pace/split.js';
import type { Outstanding } from './outstanding.js';
import type { Worker } from './worker.js';

/** Of a longer stretch of missing messages so many stand for all. */
const mostSamples = 10_000;

/**
 * Holds what the worker's subscribers got against what all publishers of all fleets published, subscriber by subscriber and
 * message by message, so that nothing that came too often makes up for what did not come. Deliveries that are promised and
 * have not come are outstanding since their message was due.
 * @returns messages that were written and did not come, by topic over all fleets; undefined where nobody can say which
 * subscriber was to get a message: groups that share them, messages of other runs
 */
export function missingDeliveries(
  worker: Worker,
  books: readonly PublishedBooks[],
  outstanding: Outstanding,
): number[] | undefined {
  const { plan, fleets, clients, share } = worker;
  const { arrivals } = worker.books;
  if (!fleets.publishes || plan.subscribe === undefined || plan.anyRun === true) return undefined;
  const names = clients.map(({ name }) => name);
  const index = new SubscriptionIndex().add(plan, names);
  if (index.isShared) return undefined;
  const missing = new Array<number>(fleets.flows).fill(0);
  for (const one of published(fleets, books)) {
    const { flow, sent, offered } = one;
    const publisher = (fleets.all[one.fleet] as CellFleet).firstClient + one.number;
    const place = fleets.flowOf(one, flow);
    for (const number of index.clientsOf(fleets.topicOf(one, flow))) {
      const local = localNumber(number, share);
      const reception = clients[local]?.reception;
      const track = reception?.trackOf(publisher, flow);
      const got = track === undefined ? 0 : arrivals.receivedOf(track);
      missing[place] = (missing[place] as number) + Math.max(0, sent - got);
      if (got < sent && reception !== undefined) outstanding.silent(local, reception.openSilence);
      if (got >= offered || !isPromised(plan, fleets.plans[one.fleet] as LoadPlan, flow)) continue;
      const late = lateOnes(worker, outstanding, one);
      if (track === undefined) late(0, offered);
      else arrivals.eachMissing(track, offered, late);
    }
  }
  return missing;
}

/**
 * Messages that have not come although a later one of the same publisher and topic has, by topic over all fleets. Order
 * holds within them (MQTT 5.0, 4.6), so these are not merely late.
 */
export function overtakenByTopic({ fleets, clients }: Worker): number[] {
  const overtaken = new Array<number>(fleets.flows).fill(0);
  for (const { reception } of clients) reception.addGapsTo(overtaken);
  return overtaken;
}

/** A publisher, one of its topics as it counts them, and how many of its messages were written and had become due. */
export interface Published extends Publisher {
  readonly flow: number;
  readonly sent: number;
  readonly offered: number;
}

export function* published({ plans }: Pick<Fleets, 'plans'>, books: readonly PublishedBooks[]): Generator<Published> {
  for (const { fleet, share, sent, offered } of books) {
    const { topics = 1 } = plans[fleet] as LoadPlan;
    for (let item = 0; item < offered.length; item++) {
      if (offered[item] === 0) continue;
      const number = globalNumber(Math.floor(item / topics), share);
      yield { fleet, number, flow: item % topics, sent: sent[item] as number, offered: offered[item] as number };
    }
  }
}

/**
 * Whether QoS and session promise that a message comes some time: not QoS 0, not what may expire (MQTT 5.0, 3.3.2.3.3),
 * and not to clients that leave on purpose and whose session ends then.
 * @param subscriber the plan of who is to get it @param publisher the plan of who has published it, to its topic `flow`
 */
function isPromised({ subscribe, churn, clean }: LoadPlan, publisher: LoadPlan, flow: number): boolean {
  const { publish } = publisher;
  const qos = ownTopics(publisher)?.[flow]?.qos ?? publish?.qos ?? 0;
  if (Math.min(qos, subscribe?.qos ?? 0) === 0) return false;
  return publish?.properties?.messageExpiryInterval === undefined && !(churn !== undefined && clean);
}

/** Counts late messages; in a closed loop nobody but the publisher knows when they were due: before now. */
function lateOnes({ publishings, clock }: Worker, to: Outstanding, { fleet, number, flow }: Published) {
  const publishing = publishings[fleet];
  return (from: number, end: number): void => {
    const step = Math.ceil((end - from) / mostSamples);
    for (let sequence = from; sequence < end; sequence += step) {
      const isUnknown = publishing === undefined || publishing.isClosedLoop;
      const due = isUnknown ? clock() : publishing.dueOf(number, flow, sequence);
      to.operation('delivery.e2e', due, due, Math.min(step, end - sequence));
    }
  };
}
