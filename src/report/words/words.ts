import { formatCount, formatDuration, formatShare, formatSize } from '../../base/units.js';
import { type DistributionName, type MetricName, metrics, type Unit } from '../../metrics/registry.js';
import type { Cell, ExpectationOutcome, MetricSet, Result } from '../../result/types.js';

/** "QUIC" for a plain transport; the scenario's own name for a variant of one. */
export function armLabel(arm: string): string {
  return /^(tcp|tls|ws|wss|quic)$/.test(arm) ? arm.toUpperCase() : arm;
}

/** A number with the unit of its metric, for a reader. */
export function withUnit(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return '-';
  switch (unit) {
    case 'us':
      return formatDuration(value);
    case 'bytes':
      return formatSize(value);
    case 'share':
      return formatShare(value);
    case 'per-second':
      return `${value < 10 ? Number(value.toPrecision(2)) : formatCount(value)}/s`;
    case 'cores':
      return `${value.toFixed(2)} cores`;
    default:
      return formatCount(value);
  }
}

/** Names of metrics as table rows say them; the registry's `meaning` says them in full. */
const rowNames: Partial<Record<MetricName, string>> = {
  'connect.transport': 'Transport ready',
  'connect.connack': 'CONNACK',
  'connect.suback': 'SUBACK',
  'publish.ack': 'PUBLISH to PUBACK',
  'delivery.e2e': 'Delivered',
  'delivery.gap': 'Longest silence',
  'reconnect.noticed': 'Noticed after',
  'reconnect.connack': 'Back after',
  'reconnect.retry': 'First try to back',
  'rate.achieved': 'Acknowledged',
  'rate.capacity': 'Highest rate held',
  'clients.connected': 'Clients connected',
  'clients.survived': 'Went on',
  'clients.reconnected': 'Reconnected',
  'clients.lost': 'Did not come back',
  'clients.unknown': 'Nobody knows',
  'messages.missing': 'Messages missing',
  'messages.duplicate': 'Messages duplicate',
  'messages.disordered': 'Out of order',
};

/** Of a stage that only subscribers come to: there were others, so that it is not of the clients of the stages before it. */
export function isOfSubscribers(metric: DistributionName, { distributions }: MetricSet): boolean {
  if (metric !== 'connect.suback' && metric !== 'reconnect.suback') return false;
  const before = distributions[metric === 'connect.suback' ? 'connect.connack' : 'reconnect.connack'];
  return (distributions[metric]?.count ?? 0) < (before?.count ?? 0);
}

export const rowName = (metric: MetricName): string => rowNames[metric] ?? metric;

export const unitOf = (metric: MetricName): Unit => metrics[metric].unit;

/** Why a cell has no numbers, or undefined when it has them. */
export function statusSentence(cell: Cell): string | undefined {
  if (cell.status === 'finished') return undefined;
  const hint = cell.error?.hint ? `. ${cell.error.hint}` : '';
  return `${cell.id} ${statusWords[cell.status]}${cell.error ? `: ${cell.error.message}${hint}` : ''}`;
}

const statusWords: Record<Cell['status'], string> = {
  finished: 'finished',
  failed: 'failed',
  interrupted: 'was interrupted',
  unsupported: 'is not possible here',
};

export const outcomeMarks: Record<ExpectationOutcome['outcome'], string> = {
  held: 'held',
  missed: 'MISSED',
  'no-data': 'NO DATA',
  unsupported: 'not possible here',
};

/** Where and with what the numbers came about, in one line. */
export function provenanceLine(result: Result): string {
  const { provenance } = result;
  const { machine, lab } = provenance;
  const where = lab ? `lab on ${lab.backend}` : 'no lab';
  return [
    `${machine.cpu}, ${machine.cores} cores`,
    `Linux ${machine.kernel.split(' ')[0]}`,
    `Node ${provenance.node}`,
    `mqbench ${provenance.mqbench}`,
    where,
    `${provenance.workers} load ${provenance.workers === 1 ? 'worker' : 'workers'}`,
    `seed ${provenance.seed}`,
  ].join(', ');
}
