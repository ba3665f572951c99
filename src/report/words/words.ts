import { formatCount, formatCounted, formatDuration, formatShare, formatSize } from '../../base/units.js';
import type { DistributionName, Unit } from '../../metrics/registry.js';
import type { Cell, ExpectationOutcome, MetricSet, Result } from '../../result/types.js';

/** "QUIC" for a plain transport; the scenario's own name for a variant of one. */
export function armLabel(arm: string): string {
  return /^(tcp|tls|ws|wss|quic)$/.test(arm) ? arm.toUpperCase() : arm;
}

/** "5 of 7 expectations held, 1 not possible here", and whether that is good: all held that were possible here. */
export function heldWords(expectations: readonly ExpectationOutcome[]): { text: string; isGood: boolean } {
  const count = (wanted: ExpectationOutcome['outcome']) =>
    expectations.filter(({ outcome }) => outcome === wanted).length;
  const [held, not] = [count('held'), count('unsupported')];
  const without = not > 0 ? `, ${not} ${outcomeMarks.unsupported}` : '';
  return {
    text: `${held} of ${formatCounted(expectations.length, 'expectation')} held${without}`,
    isGood: held + not === expectations.length,
  };
}

/** "Network 30ms, round trip 30.0 ms" */
export function networkTitle(cells: readonly Cell[], network: string): string {
  const rtt = cells.find((cell) => cell.network.name === network)?.network.rttMicros ?? 0;
  return rtt > 0 ? `Network ${network}, round trip ${formatDuration(rtt)}` : `Network ${network}`;
}

const formats: Partial<Record<Unit, (value: number) => string>> = {
  us: formatDuration,
  bytes: formatSize,
  share: formatShare,
  'per-second': (rate) => `${rate < 10 ? Number(rate.toPrecision(2)) : formatCount(rate)}/s`,
  cores: (cores) => `${cores.toFixed(2)} cores`,
};

/** A number with the unit of its metric, for a reader. */
export const withUnit = (value: number, unit: Unit): string =>
  Number.isFinite(value) ? (formats[unit] ?? formatCount)(value) : '-';

/** Of a stage that only subscribers come to: there were others, so that it is not of the clients of the stages before it. */
export function isOfSubscribers(metric: DistributionName, { distributions }: MetricSet): boolean {
  if (metric !== 'connect.suback' && metric !== 'reconnect.suback') return false;
  const before = distributions[metric === 'connect.suback' ? 'connect.connack' : 'reconnect.connack'];
  return (distributions[metric]?.count ?? 0) < (before?.count ?? 0);
}

/** Why cells have no numbers, a sentence each. */
export function statusSentences(cells: readonly Cell[]): string[] {
  return cells
    .filter(({ status }) => status !== 'finished')
    .map(({ id, status, error }) => {
      const why = error ? `: ${error.message}${error.hint ? `. ${error.hint}` : ''}` : '';
      return `${id} ${statusWords[status]}${why}`;
    });
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

/** The network, and whose broker it was where it was not the included one: "lab on tun, broker mosquitto". */
export function placeText({ lab, broker }: Result['provenance']): string {
  const where = lab ? `lab on ${lab.backend}` : 'no lab';
  return broker === undefined ? where : `${where}, broker ${broker}`;
}

/** Where and with what the numbers came about, in one line. */
export function provenanceLine(result: Result): string {
  const { provenance } = result;
  const { machine } = provenance;
  return [
    `${machine.cpu}, ${machine.cores} cores`,
    `Linux ${machine.kernel.split(' ')[0]}`,
    `Node ${provenance.node}`,
    `mqbench ${provenance.mqbench}`,
    placeText(provenance),
    `${provenance.workers} load ${provenance.workers === 1 ? 'worker' : 'workers'}`,
    `seed ${provenance.seed}`,
  ].join(', ');
}

/** "a, b and c" */
export function enumerate(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
