import { formatCount, formatDuration, formatSize } from '../base/units.js';
import { distributionText } from './distribution.js';
import { type FleetPlan, ownTopics, type Payload, type PublishPlan, type SubscribePlan } from './plan.js';
import { mixText } from './qos-mix.js';
import { readsText } from './reads.js';
import type { ReconnectPlan } from './reconnect.js';
import { rateText } from './stages.js';

/** "subscribe to a/%i with QoS 1" */
export function subscribeText({ topic, further = [], each, qos, reads, respond }: SubscribePlan): string {
  const filters = each === undefined ? `${[topic, ...further].join(', ')} with QoS ${qos}` : listed(each);
  return `subscribe to ${filters}${reads ? readsText(reads) : ''}${respond ? `, answering with ${formatSize(respond.bytes)}` : ''}`;
}

/** "publish 64 B to a/%i with QoS 1 at 100/s in all" */
export function publishText(publish: PublishPlan): string {
  const { pace, payload, topic, qos, inflight } = publish;
  const verb = publish.request ? 'ask with' : 'publish';
  const topics = ownTopics({ publish });
  if (pace.kind === 'per-topic' && pace.mix !== undefined)
    return `${verb} ${payloadText(payload)} to ${topic} with ${mixText(pace.topics, pace.mix)} ${rateText(pace)}`;
  const what = topics === undefined ? `${payloadText(payload)} to ${topic} with QoS ${qos}` : `to ${listed(topics)}`;
  return `${verb} ${what} ${pace.kind === 'closed' ? `with ${formatCount(inflight)} in flight each` : rateText(pace)}`;
}

/** "come back with full jitter, from 100 ms to 5 s"; undefined where nobody said how, or they do not */
export function reconnectText(plan: ReconnectPlan | undefined): string | undefined {
  if (plan?.policy === undefined) return undefined;
  const { policy, firstMicros, maxMicros } = plan;
  const [first, most] = [firstMicros, maxMicros].map((micros) => formatDuration(micros));
  return policy === 'fixed'
    ? `come back ${first} after a cut`
    : `come back with ${policy.replace('-', ' ')}, from ${first} to ${most}`;
}

/** "leave a retained will on gone/%c with QoS 1"; undefined without one. */
export function willText(will: FleetPlan['will']): string | undefined {
  if (will === undefined) return undefined;
  const delay = will.properties?.willDelayInterval;
  const after = delay ? `, published after ${formatDuration(delay * 1e6)}` : '';
  return `leave a ${will.retain ? 'retained ' : ''}will on ${will.topic} with QoS ${will.qos}${after}`;
}

/** "leave after 10.0 s and come back after 1.00 s"; undefined where they stay. */
export function churnText(churn: FleetPlan['churn']): string | undefined {
  if (churn === undefined) return undefined;
  return `leave after ${formatDuration(churn.stayMicros)} and come back after ${formatDuration(churn.awayMicros)}`;
}

const listed = (topics: readonly { readonly topic: string; readonly qos: number }[]): string =>
  topics.map(({ topic, qos }) => `${topic} (QoS ${qos})`).join(', ');

function payloadText(payload: Payload): string {
  if (payload.kind === 'filler' && payload.sizes !== undefined) return distributionText(payload.sizes, 'size');
  if (payload.kind === 'hook' || payload.kind === 'template') return `payloads of a ${payload.kind}`;
  return formatSize(payload.kind === 'filler' ? payload.bytes : Buffer.from(payload.base64, 'base64').length);
}
