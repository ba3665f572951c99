import { formatCount, formatCounted, formatDuration, formatShare, formatSize } from '../../base/units.js';
import type { DistributionName, Unit } from '../../metrics/registry.js';
import type { Cell, ExpectationOutcome, MetricSet, Result } from '../../result/types.js';

/** "QUIC" for a plain transport; the scenario's own name for a variant of one. */
export function armLabel(arm: string): string {
  return /^(tcp|tls|ws|wss|quic)$/.test(arm) ? arm.toUpperCase() : arm;
}

/** "6 of 7 expectations held" */
export function heldText(expectations: readonly ExpectationOutcome[]): string {
  const held = expectations.filter(({ outcome }) => outcome === 'held').length;
  return `${held} of ${formatCounted(expectations.length, 'expectation')} held`;
}

/** "Network 30ms, round trip 30.0 ms" */
export function networkTitle(cells: readonly Cell[], network: string): string {
  const rtt = cells.find((cell) => cell.network.name === network)?.network.rttMicros ?? 0;
  return rtt > 0 ? `Network ${network}, round trip ${formatDuration(rtt)}` : `Network ${network}`;
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

/** Of a stage that only subscribers come to: there were others, so that it is not of the clients of the stages before it. */
export function isOfSubscribers(metric: DistributionName, { distributions }: MetricSet): boolean {
  if (metric !== 'connect.suback' && metric !== 'reconnect.suback') return false;
  const before = distributions[metric === 'connect.suback' ? 'connect.connack' : 'reconnect.connack'];
  return (distributions[metric]?.count ?? 0) < (before?.count ?? 0);
}

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
