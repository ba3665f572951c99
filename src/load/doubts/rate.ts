import { sumOf } from '../../base/numbers/sum.js';
import { formatCount, formatRate } from '../../base/units.js';
import { rateOf } from '../../plan/plan.js';
import type { Doubt } from '../../result/types.js';
import { doneWord } from '../merge/done-late.js';
import type { DoubtInput } from './input.js';

const rateTolerance = 0.02;

const overload = 'above what the path or the broker can carry, latencies are those of a growing queue: lower the rate';
const notOverload = 'not overload: see the errors by kind for what became of them';

/** Judged by what was due to clients that were connected: what is due to the others is no load for anybody. */
export function rateMissed(input: DoubtInput): Doubt[] {
  const { plan, metrics, late } = input;
  const { 'rate.offered': offered, 'rate.achieved': achieved = 0 } = metrics.values;
  const doubt = (message: string, missed: number): Doubt[] => [
    { code: 'rate-missed', metric: 'rate.achieved', ...explained(input, message, missed) },
  ];
  if (late !== undefined) {
    const what = `${formatCount(late.late)} of ${formatCount(late.done)} publishes were ${doneWord(plan)} only after publishing had ended`;
    return doubt(`${what}; until then it was ${formatRate(achieved)}`, late.late / late.done);
  }
  if (rateOf(plan) === undefined || offered === undefined || metrics.values['rate.achieved'] === undefined) return [];
  if (Math.abs(achieved - offered) <= offered * rateTolerance) return [];
  return doubt(`${formatRate(offered)} were offered, ${formatRate(achieved)} achieved`, 1 - achieved / offered);
}

/** What a broker acknowledges that it was not given. */
const wrongAnswers = /^MQB_ACK_(KIND|UNKNOWN)$/;

/**
 * Why so large a share was not achieved: clients that were not there or were cut off, a broker that refused or answered
 * something else, or too much for the path. Where nothing at all was acknowledged it is not too much of it.
 */
function explained(input: DoubtInput, message: string, missed: number): Pick<Doubt, 'message' | 'advice'> {
  const { plan, metrics } = input;
  const { 'messages.offered': offered = 0, 'messages.sent': sent = 0 } = metrics.values;
  const causes = causesOf(input, offered);
  const why = causes.map(({ says }) => says).join(', ');
  const told = why === '' ? message : `${message}: ${why}`;
  if (doneWord(plan) === 'acknowledged' && sent > 0 && metrics.values['messages.acknowledged'] === 0) {
    const none =
      sent === 1
        ? 'the only one that was written was not acknowledged'
        : `none of ${formatCount(sent)} that were written was acknowledged`;
    return { message: why === '' ? `${message}: ${none}` : `${told}; ${none}`, advice: notOverload };
  }
  if (causes.length === 0 || offered === 0) return { message, advice: overload };
  const rest = missed - sumOf(causes, ({ count }) => count) / offered;
  return rest > rateTolerance
    ? { message: `${told}, and the others were too much as well`, advice: `see the errors by kind first; ${overload}` }
    : { message: told, advice: notOverload };
}

interface Cause {
  readonly count: number;
  readonly says: string;
}

function causesOf({ reports, errors }: DoubtInput, offered: number): Cause[] {
  const away = sumOf(reports, ({ dueAway = 0 }) => dueAway);
  const cut = sumOf(reports, ({ cutOff = 0 }) => cutOff);
  const refused = sumOf(reports, (report) => report.refused);
  const wrong = sumOf(errors, ({ code, count }) => (wrongAnswers.test(code) ? count : 0));
  const were = (count: number): string => `${formatCount(count)} ${count === 1 ? 'was' : 'were'}`;
  const cause = (count: number, says: string): Cause => ({ count, says });
  const causes = [
    cause(away, `${formatCount(away)} of ${formatCount(offered)} were due to clients that were not connected`),
    cause(cut, `${were(cut)} under way when the client lost its connection`),
    cause(refused, `${were(refused)} refused by the broker`),
    cause(wrong, `${were(wrong)} answered with an acknowledgement that fits none`),
  ];
  return causes.filter(({ count }) => count > 0);
}

/**
 * What a window was given and what came through in it, where that is not the same: its latencies are of the first, its
 * rate is of the second. What is on its way at any time, by the latency of the calmest window, makes no difference, and
 * neither does one burst.
 */
export function windowBacklog({ plan, windows }: DoubtInput): Doubt[] {
  const pace = plan.publish?.pace;
  if (pace === undefined || pace.kind === 'closed') return [];
  const { perSecond: rate, shape } = pace;
  const calmest = Math.min(...Object.values(windows).map((set) => set.distributions['publish.ack']?.p50 ?? Infinity));
  const underWay = Number.isFinite(calmest) ? (rate * calmest) / 1e6 : 0;
  const together = shape?.kind === 'burst' ? shape.size : 1;
  return Object.entries(windows).flatMap(([window, { values }]): Doubt[] => {
    const { 'messages.offered': due = 0, 'rate.offered': offered = 0, 'rate.achieved': achieved = 0 } = values;
    if (offered === 0) return [];
    const done = (achieved * due) / offered;
    if (Math.abs(done - due) <= due * rateTolerance + underWay + together) return [];
    return [
      {
        code: 'window-backlog',
        metric: 'rate.achieved',
        window,
        message:
          done < due
            ? `of ${formatCount(due)} publishes that were due in ${window} only ${formatCount(done)} were ${doneWord(plan)} in it`
            : `${formatCount(due)} publishes were due in ${window}, and with what had waited ${formatCount(done)} were ${doneWord(plan)} in it`,
        advice: 'latencies and messages are those of what was due in it; the rate is that of what came through in it',
      },
    ];
  });
}

/** Nothing is due in a closed loop before the one before it has ended, so no wait is in its latencies. */
export function closedLoop({ plan, metrics }: DoubtInput): Doubt[] {
  if (plan.publish?.pace.kind !== 'closed') return [];
  const measured = (['publish.ack', 'delivery.e2e'] as const).filter((metric) => metrics.distributions[metric]);
  return measured.map((metric) => ({
    code: 'closed-loop',
    metric,
    message: 'in a closed loop a publish is due when it is written: what waits for a slow answer is not in the latency',
    advice: 'ask for a rate to see what users at that rate would see',
  }));
}
