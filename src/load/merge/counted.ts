import { sumOf } from '../../base/numbers/sum.js';
import type { RoleResources } from '../../result/types.js';
import type { LoadReport } from '../contract.js';
import type { WorkerReport } from '../messages.js';
import { CounterSet, ErrorSet } from '../tally/counter-set.js';

/** What is counted by itself and told as a counter, too. */
const tallied = [
  ['messages.refused', 'refused'],
  ['messages.foreign', 'foreign'],
  ['messages.otherClock', 'otherClock'],
  ['connections.lost', 'disconnects'],
  ['publishes.late', 'lateSends'],
] as const;

export function errorsOf(reports: readonly WorkerReport[]): LoadReport['errors'] {
  const errors = new ErrorSet();
  for (const report of reports) for (const error of report.errors) errors.add(error, error.count);
  return errors.toList();
}

export function countersOf(reports: readonly WorkerReport[]): LoadReport['counters'] {
  const counters = new CounterSet();
  for (const report of reports) {
    for (const [name, sum] of Object.entries(report.counters)) counters.add(name, sum);
    for (const [name, of] of tallied) counters.add(name, report[of]);
    counters.add('clients.gone', report.gone.clients);
  }
  return counters.toRecord();
}

export function addressesOf(reports: readonly WorkerReport[]): LoadReport['addresses'] {
  const sums = new Map<string, { host: string; address: string; connections: number; raced: number }>();
  for (const { host, address, connections, raced } of reports.flatMap((report) => report.addresses)) {
    const sum = sums.get(`${host} ${address}`) ?? { host, address, connections: 0, raced: 0 };
    sum.connections += connections;
    sum.raced += raced;
    sums.set(`${host} ${address}`, sum);
  }
  return [...sums.values()];
}

export function resourcesOf(reports: readonly WorkerReport[]): RoleResources {
  return {
    role: 'load',
    processes: reports.length,
    cpuUserMicros: sumOf(reports, (r) => r.use.cpuUserMicros),
    cpuSystemMicros: sumOf(reports, (r) => r.use.cpuSystemMicros),
    peakRssBytes: sumOf(reports, (r) => r.use.peakRssBytes),
    contextSwitches: sumOf(reports, (r) => r.use.contextSwitches),
  };
}
