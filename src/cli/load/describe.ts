import { formatCount, formatCounted, formatDuration, formatRate } from '../../base/units.js';
import { publisherCount } from '../../load/client/naming.js';
import { churnText, publishText, reconnectText, subscribeText } from '../../plan/describe.js';
import type { LoadPlan } from '../../plan/plan.js';
import { armSettings } from '../../transport/quic/settings.js';
import { streamWords } from '../../transport/stream-map.js';
import { formatBrokerUrl } from '../../transport/url.js';
import type { LoadFlags } from './options/flags.js';

const versions = { 3: 'MQTT 3.1', 4: 'MQTT 3.1.1', 5: 'MQTT 5' } as const;

/** What is going to happen, in one sentence. */
export function describeLoad(plan: LoadPlan, flags: LoadFlags, workers: number): string {
  const where = plan.target.hosts
    .map((host) => formatBrokerUrl(plan.target.transport, host.host, host.port))
    .join(', ');
  const parts = [
    `${plan.clients === 1 ? '1 client is to connect' : `${formatCount(plan.clients)} clients connect`} to ${where} (${versions[plan.mqttVersion]}) at ${formatRate(plan.connectRate)} as ${idsOf(plan)}`,
  ];
  const { publish, subscribe, churn } = plan;
  const { datagrams, tls, quic = {} } = plan.target;
  if (tls?.verify === false) parts.push('do not check its certificate (--insecure)');
  const streams = streamWords(plan.target);
  if (streams !== undefined) parts.push(`use ${streams}`);
  if (datagrams) parts.push('send QoS 0 in datagrams');
  const set = armSettings.filter(([name]) => quic[name] !== undefined).map(([name]) => `${name} ${quic[name]}`);
  if (set.length > 0) parts.push(`have QUIC's ${set.join(', ')}`);
  const groups = plan.publishers !== undefined;
  const publishers = publisherCount(plan);
  if (subscribe) parts.push(`${groups ? `${formatCount(plan.clients - publishers)} ` : ''}${subscribeText(subscribe)}`);
  if (publish) parts.push(`${groups ? `${formatCount(publishers)} ` : ''}${publishText(publish)}`);
  const churning = churnText(churn);
  if (churning !== undefined) parts.push(churning);
  const back = reconnectText(plan.reconnect);
  if (back !== undefined) parts.push(back);
  const end =
    flags.duration !== undefined
      ? `for ${formatDuration(flags.duration)}`
      : publish?.limit !== undefined
        ? `until ${formatCounted(publish.limit, 'message is', 'messages are')} sent`
        : 'until Ctrl-C';
  return `${parts.join(', ')}, ${end}, from ${formatCounted(workers, 'process', 'processes')}.`;
}

/** The client ids, as the log of the broker will show them. */
function idsOf({ clientIdPrefix, startNumber = 0, clients, feed }: LoadPlan): string {
  if (feed?.[0]?.id !== undefined) return 'the ids of the feeder';
  const first = `${clientIdPrefix}${startNumber}`;
  return clients === 1 ? first : `${first} to ${startNumber + clients - 1}`;
}
