import type { Clock } from '../base/clock.js';
import { sumOf } from '../base/numbers/sum.js';
import { sleep } from '../base/sleep.js';
import type { Fleets } from './fleets.js';
import { expectedDeliveries } from './merge/receivers.js';
import type { EventReport, PublishedBooks, Standing, WorkerReport } from './messages.js';
import { timetableOf } from './pace/timetable.js';
import type { WorkerTeam } from './team.js';

interface Asked {
  readonly fleets: Fleets;
  readonly team: WorkerTeam;
  readonly clock: Clock;
}

/** Between two questions whether it is over, ms. */
const everyMillis = 50;

/** What was published, to be held against what arrived: only where somebody subscribes does anybody want to know. */
export async function publishedBooks(fleets: Fleets, team: WorkerTeam): Promise<PublishedBooks[]> {
  return fleets.publishes && fleets.subscribes ? team.all('books') : [];
}

/** See {@link Coordinator.drain}. @param publishedMicros how long messages were due */
export async function untilDrained(asked: Asked, publishedMicros: number, timeoutMicros: number): Promise<boolean> {
  const { fleets, team, clock } = asked;
  const end = clock() + timeoutMicros;
  const scheduled = fleets.plans.map((plan) => timetableOf(plan)?.countBefore(publishedMicros) ?? 0);
  let expected: number | undefined;
  for (;;) {
    const standings = await team.all('standing');
    const sum = (of: (standing: Standing) => number): number => sumOf(standings, of);
    const offered = fleets.plans.map((_, fleet) => sumOf(standings, (s) => (s.fleet === fleet ? s.counts.offered : 0)));
    // What a lost worker had to offer will not be offered any more.
    const isOffered = team.lostWorkers > 0 || scheduled.every((count, fleet) => (offered[fleet] as number) >= count);
    const written = isOffered && sum((s) => s.inFlight + s.waiting) === 0;
    if (written) expected ??= expectedDeliveries(fleets, await publishedBooks(fleets, team));
    if (expected !== undefined && sum((s) => s.counts.received) >= expected) return true;
    const left = (end - clock()) / 1000;
    if (left <= 0) return false;
    await sleep(Math.min(everyMillis, left));
  }
}

/** See {@link Coordinator.collect}. @param taken by worker @returns the reports with what became of the clients that were asked */
export async function askUnknown(
  { team, clock }: Omit<Asked, 'fleets'>,
  taken: readonly ({ readonly of: WorkerReport } | undefined)[],
  askMicros: number,
): Promise<readonly WorkerReport[]> {
  const reports = taken.flatMap((one) => one?.of ?? []);
  if (askMicros <= 0 || !reports.some(({ events }) => events.some(({ outcome }) => outcome.unknown > 0)))
    return reports;
  const end = clock() + askMicros;
  await team.all('ask');
  for (;;) {
    const answers = await team.byWorker('outcomes', () => undefined);
    const awaited = answers.some((answer) => answer?.of.some(({ outcome }) => outcome.awaited > 0));
    if (!awaited || clock() >= end)
      return taken.flatMap((report, i) =>
        report === undefined ? [] : [withOutcomes(report.of, answers[i]?.of ?? [])],
      );
    await sleep(everyMillis);
  }
}

/** The outcomes of later, with the numbers that were taken before anybody was asked. */
function withOutcomes(report: WorkerReport, later: readonly EventReport[]): WorkerReport {
  const outcomeOf = ({ name, outcome }: EventReport) => later.find((one) => one.name === name)?.outcome ?? outcome;
  return { ...report, events: report.events.map((event) => ({ ...event, outcome: outcomeOf(event) })) };
}
