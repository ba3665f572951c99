import type { Asked, Rule } from './asked.js';

/**
 * How long a client waits before each try: always the same (`fixed`), or from the first wait, doubled every time up to the
 * longest, of which the upper half (`equal-jitter`) or all (`full-jitter`) is random, or between the first and three times
 * the wait before (`decorrelated`). The formulas are those of M. Brooker, "Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015. `none`: it does not come back.
 */
export const reconnectPolicies = ['none', 'fixed', 'equal-jitter', 'full-jitter', 'decorrelated'] as const;
export type ReconnectPolicy = (typeof reconnectPolicies)[number];

export interface ReconnectPlan {
  /** Default equal-jitter. */
  readonly policy?: Exclude<ReconnectPolicy, 'none'>;
  /** With `fixed` every wait; otherwise what the first one is made of. */
  readonly firstMicros: number;
  /** No wait is longer; `fixed` does not look at it. */
  readonly maxMicros: number;
  /** Tries until a client gives up: those of the first connect, and those after a cut. Default without end. */
  readonly connectTries?: number;
  readonly tries?: number;
}

/** What cannot be in how clients come back. */
export const reconnectRule: Rule = (asked, { name }, wrong) => {
  const { reconnectPolicy: policy, reconnectFirst: first, reconnectMax: most } = asked;
  const waits = (['reconnectFirst', 'reconnectMax'] as const).filter((at) => asked[at] !== undefined);
  if (policy === 'none') {
    for (const at of waits)
      wrong(at, `is a wait of clients that come back, and with ${name('reconnectPolicy')} none they do not`);
    return;
  }
  if (policy === 'fixed' && most !== undefined)
    wrong(
      'reconnectMax',
      `means nothing with ${name('reconnectPolicy')} fixed, whose waits are all ${name('reconnectFirst')}`,
    );
  else if (most !== undefined && first !== undefined && most < first)
    wrong('reconnectMax', `must not be shorter than ${name('reconnectFirst')}`);
  if (policy === 'decorrelated' && first === 0)
    wrong('reconnectFirst', '0 stays 0 however often it is multiplied: give a time');
};

/** What the settings mean. @param usual waits where none are written */
export function reconnectOf(
  {
    reconnectPolicy: policy,
    reconnectFirst,
    reconnectMax,
  }: Pick<Asked, 'reconnectPolicy' | 'reconnectFirst' | 'reconnectMax'>,
  usual: Pick<ReconnectPlan, 'firstMicros' | 'maxMicros'>,
): ReconnectPlan | undefined {
  if (policy === 'none') return undefined;
  const firstMicros = reconnectFirst ?? Math.min(usual.firstMicros, reconnectMax ?? usual.firstMicros);
  const maxMicros = reconnectMax ?? Math.max(usual.maxMicros, firstMicros);
  return { ...(policy && { policy }), firstMicros, maxMicros: policy === 'fixed' ? firstMicros : maxMicros };
}
