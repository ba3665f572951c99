import { nowMicros } from '../../base/clock.js';
import { sleep } from '../../base/sleep.js';
import type { LoadPlan, Pace } from '../../plan/plan.js';
import type { Dialer } from '../client/dialer.js';
import type { StartOrder } from '../messages.js';
import type { Share } from '../pace/split.js';
import { Loop } from './loop.js';
import { Worker } from './worker.js';

const connectRate = 200;
const publishRate = 1_000;
const publishMillis = 300;
const longestMillis = 10_000;

/**
 * A small load of its own before the measured one, over the same transport to the same broker: without it the first 40
 * CONNACKs of a run read 4 to 13 ms too long, because broker and generator still run uncompiled code.
 * @returns clients that connected; trouble is not reported, the measured ones will have the same
 */
export async function warmUp(order: StartOrder, dialer: Dialer, clients: number): Promise<number> {
  const { plan } = order;
  const publish = plan.publish && { ...plan.publish, pace: steady(plan.publish.pace) };
  const small: LoadPlan = {
    ...plan,
    clients,
    clientIdPrefix: `${plan.clientIdPrefix}warm-up-${order.share.worker}-`,
    clean: true,
    connectRate,
    publish,
    reconnect: undefined,
    churn: undefined,
    feed: undefined,
  };
  // Its stamps are those of another run: should the broker keep one, the measured subscribers do not count it.
  const share: Share = { worker: 0, workers: 1 };
  const other: StartOrder = { ...order, plan: small, share, cell: undefined, run: order.run ^ 0xffff };
  const worker = new Worker(other, dialer, nowMicros);
  const loop = new Loop(worker, nowMicros(), () => {}, undefined);
  loop.connect(nowMicros());
  await worker.whenSettled(longestMillis);
  if (publish !== undefined && worker.books.everUp > 0) {
    loop.startPublishing(nowMicros());
    await sleep(publishMillis);
    loop.stopPublishing(nowMicros());
    await sleep(publishMillis / 3);
  }
  await loop.stop(true);
  return worker.books.everUp;
}

/** Topics keep their own pace. */
function steady(pace: Pace): Pace {
  if (pace.kind !== 'per-topic') return { kind: 'rate', perSecond: publishRate };
  return pace.mix === undefined ? pace : { ...pace, perSecond: publishRate, gaps: undefined, shape: undefined };
}
