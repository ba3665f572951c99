import { rangeOf } from '../../base/numbers/distribution.js';
import { formatCount } from '../../base/units.js';
import { sharesMessages } from '../../load/client/subscriptions.js';
import { stampBytes } from '../../mqtt/stamp/stamp.js';
import { type LoadPlan, ownTopics, type Payload } from '../../plan/plan.js';
import type { Cell } from '../../result/types.js';

const remedy = 'with -V 5 --stamp property on both sides any payload is measured';

/** What a reader would look for and not find, and why. */
export function notesOf(plan: LoadPlan, cell: Pick<Cell, 'counters' | 'metrics'>): string[] {
  return [
    ...insecure(plan),
    ...endToEnd(plan),
    ...foreign(plan, cell),
    ...shared(plan, cell),
    ...aliases(plan, cell),
    ...reasons(cell),
  ];
}

/** Checking a certificate is a part of what TLS costs. */
function insecure({ target }: LoadPlan): string[] {
  if (target.tls?.verify !== false) return [];
  return ['--insecure: no certificate was checked, so connects are cheaper than those of clients that check it'];
}

/** Of what this run publishes. */
function endToEnd(plan: LoadPlan): string[] {
  const { publish } = plan;
  if (publish === undefined || publish.stampIn === 'property') return [];
  const payloads = (ownTopics(plan) ?? [publish]).map(({ payload }) => payload);
  const own = payloads.some(({ kind }) => kind !== 'filler');
  const small = payloads.some((payload) => payload.kind === 'filler' && leastOf(payload) < stampBytes);
  if (!own && !small) return [];
  const why = own
    ? 'payloads of the user go out as they are, without a stamp'
    : `payloads below ${stampBytes} B have no room for a stamp`;
  return [`no end-to-end latency: ${why}, so arrivals can be counted only; ${remedy}`];
}

const leastOf = ({ bytes, sizes }: Extract<Payload, { kind: 'filler' }>): number =>
  sizes === undefined ? bytes : Math.round(rangeOf(sizes).least);

/** Of what this run receives. */
function foreign({ subscribe, publish }: LoadPlan, { counters }: Pick<Cell, 'counters'>): string[] {
  const count = counters['messages.foreign'] ?? 0;
  if (subscribe === undefined || publish !== undefined || count === 0) return [];
  return [
    `no end-to-end latency for ${formatCount(count)} messages without a stamp: mqbench pub puts one into payloads of its own making from ${stampBytes} B; ${remedy}`,
  ];
}

function shared(plan: LoadPlan, { metrics }: Pick<Cell, 'metrics'>): string[] {
  if (plan.publish === undefined || !sharesMessages(plan)) return [];
  if ((metrics.values['messages.received'] ?? 0) > 0 || (metrics.values['messages.sent'] ?? 0) === 0) return [];
  return ['no member of the shared subscriptions received anything: does this broker know $share? mqbench probe tells'];
}

function aliases({ publish }: LoadPlan, { counters }: Pick<Cell, 'counters'>): string[] {
  if (publish?.topicAlias !== true) return [];
  const used = counters['topicAlias.used'] ?? 0;
  return used > 0
    ? [`${formatCount(used)} publishes went out with an alias instead of their topic`]
    : ['no publish went out with a topic alias: the broker takes none (its Topic Alias Maximum is 0 or absent)'];
}

/** What the broker said beside plain success. Refusals are errors, with words of their own. */
const said: readonly (readonly [counter: string, says: (count: string) => string])[] = [
  ...['puback', 'pubrec'].map(
    (packet) =>
      [
        `reason.${packet}.no-matching-subscribers`,
        (count: string) => `the broker had nobody to give ${count} publishes to (${packet.toUpperCase()} 0x10)`,
      ] as const,
  ),
  ...[0, 1].map(
    (qos) =>
      [
        `reason.suback.granted-qos-${qos}`,
        (count: string) =>
          `the broker granted QoS ${qos} where more was asked for, ${count} times: nothing more is promised`,
      ] as const,
  ),
];

function reasons({ counters }: Pick<Cell, 'counters'>): string[] {
  return said.flatMap(([name, says]) => ((counters[name] ?? 0) > 0 ? [says(formatCount(counters[name] ?? 0))] : []));
}
