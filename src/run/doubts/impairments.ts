import { formatCount, formatShare } from '../../base/units.js';
import type { Direction, Impairment, LabBackend } from '../../lab/contract.js';
import type { Chanced, Draws } from '../../lab/reading.js';
import type { Doubt } from '../../result/types.js';
import type { LinkPhase } from '../usage/phases.js';
import { lossOf } from './link.js';
import { binomialTails, type Chain, chainTails, correlatedChain, lossChain, type Tails } from './tails.js';

/**
 * How often a link that does what it is asked may be doubted: once in a thousand cells, all phases, directions and
 * impairments of a cell together.
 */
const falseAlarms = 0.001;

const names: Readonly<Record<Chanced, string>> = {
  loss: 'lost',
  duplicate: 'duplicated',
  corrupt: 'corrupted',
  reorder: 'sent at once (reorder)',
};

/** What was asked of one direction in one phase, or under one profile in all of them, and what it did. */
interface Question {
  readonly direction: Direction;
  readonly what: Chanced;
  readonly asked: Impairment;
  /** Undefined: all phases with this profile together. */
  readonly phase: string | undefined;
  readonly draws: Draws;
}

/**
 * Whether the link did to packets what was asked of it, judged in every phase by the profile that was in force, also after
 * events that change it: too little and too much, by the exact probability of the count.
 */
export function impairmentDoubts(phases: readonly LinkPhase[], backend: LabBackend): Doubt[] {
  const questions = questionsOf(phases).filter(({ what, asked }) => shareOf(asked, what) > 0);
  const enough = falseAlarms / Math.max(1, questions.length);
  const doubted = questions.filter((question) => isOff(question, backend, enough));
  const same = (a: Question, b: Question): boolean =>
    a.direction === b.direction && a.what === b.what && a.asked === b.asked;
  return doubted
    .filter((one) => one.phase !== undefined || !doubted.some((other) => other.phase !== undefined && same(one, other)))
    .map((question) => doubtOf(question, backend));
}

function questionsOf(phases: readonly LinkPhase[]): Question[] {
  const all = phases.flatMap(({ name, stretches }) =>
    stretches.map((stretch) => ({ name, stretch, profile: JSON.stringify(stretch.profile) })),
  );
  return [...new Set(all.map(({ profile }) => profile))].flatMap((profile) => {
    const alike = all.filter((one) => one.profile === profile);
    const asked = (alike[0] as (typeof alike)[number]).stretch.profile;
    const parts: (string | undefined)[] = [...new Set(alike.map(({ name }) => name))];
    if (parts.length > 1) parts.push(undefined);
    return parts.flatMap((phase) => {
      const stretches = alike.filter(({ name }) => phase === undefined || name === phase).map(({ stretch }) => stretch);
      return (['up', 'down'] as const).flatMap((direction) => {
        const drawsOf = (what: Chanced): Draws[] => stretches.flatMap((stretch) => stretch[direction][what] ?? []);
        const counted = (Object.keys(names) as Chanced[]).filter((what) => drawsOf(what).length > 0);
        return counted.map((what): Question => {
          const draws = putTo(what, sum(drawsOf(what)), sum(drawsOf('loss')));
          return { direction, what, asked: asked[direction], phase, draws };
        });
      });
    });
  });
}

/** A chance that nobody was put to, though packets came through, is one that the link does not have. */
function putTo(what: Chanced, draws: Draws, loss: Draws): Draws {
  return what === 'loss' || draws.tried > 0 ? draws : { tried: loss.tried - loss.hit, hit: 0 };
}

const sum = (draws: readonly Draws[]): Draws => ({
  tried: draws.reduce((all, one) => all + one.tried, 0),
  hit: draws.reduce((all, one) => all + one.hit, 0),
});

function shareOf(asked: Impairment, what: Chanced): number {
  return what === 'loss' ? lossOf(asked) : (asked[what] ?? 0);
}

/**
 * netem decides about doubling a packet first and loses one of the two, but then may lose the copy: with d of duplication
 * (1 - d)·l + d·(1 - l)·l of what came is dropped.
 */
function expectedShare({ asked, what }: Question, backend: LabBackend): number {
  const share = shareOf(asked, what);
  const d = asked.duplicate ?? 0;
  return backend === 'netem' && what === 'loss' ? (1 - d) * share + d * (1 - share) * share : share;
}

function isOff(question: Question, backend: LabBackend, enough: number): boolean {
  const { draws, what, asked } = question;
  const { low, high } = tailsOf(question, expectedShare(question, backend));
  // netem counts what its queue dropped with what was lost: where something queues, more than asked is no fault.
  const more = backend === 'netem' && what === 'loss' && asked.rateBits !== undefined ? 1 : high;
  return draws.tried > 0 && Math.min(low, more) < enough / 2;
}

function tailsOf({ asked, what, draws }: Question, share: number): Tails {
  const { tried, hit } = draws;
  const chain = isUsual(draws, share) ? undefined : chainOf(asked, what);
  return chain ? chainTails(tried, hit, chain) : binomialTails(tried, hit, share);
}

/** What is usual of independent draws is usual of those that scatter more; it need not be worked out. */
function isUsual({ tried, hit }: Draws, share: number): boolean {
  const expected = tried * share;
  // Few are far from the normal law: none of ten comes once in 22,000, though it is only three deviations off.
  const deviations = expected < 50 ? 2 : 2.8;
  return Math.abs(hit - expected) < deviations * Math.sqrt(expected * (1 - share));
}

/** Draws that depend on one another scatter more than independent ones. */
function chainOf(asked: Impairment, what: Chanced): Chain | undefined {
  if (what === 'loss') return lossChain(asked);
  return what === 'reorder' && asked.reorderCorrelation
    ? correlatedChain(shareOf(asked, what), asked.reorderCorrelation)
    : undefined;
}

function doubtOf(question: Question, backend: LabBackend): Doubt {
  const { direction, what, phase, draws } = question;
  const { tried, hit } = draws;
  const where = phase === undefined ? 'all phases together' : `"${phase}"`;
  const found = hit === 0 ? 'none' : formatShare(hit / tried);
  const wanted = formatShare(expectedShare(question, backend));
  return {
    code: hit === 0 ? 'impairment-unseen' : 'impairment-off',
    ...placeOf(phase),
    message: `${found} of ${formatCount(tried)} packets ${direction} were ${names[what]} in ${where} where ${wanted} was asked for`,
    advice:
      hit === 0
        ? 'the numbers are those of a link without it'
        : 'the link is not the one asked for: compare the arms with each other, and not with other runs',
  };
}

/** Parts of a cell that are neither connecting nor a measure window are the cell's as a whole. */
export function placeOf(phase: string | undefined): Pick<Doubt, 'phase' | 'window'> {
  if (phase === 'connect') return { phase };
  return phase === undefined || phase === 'traffic' || phase === 'drain' ? {} : { window: phase };
}
