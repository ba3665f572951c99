import { setTimeout as sleep } from 'node:timers/promises';
import { nowMicros } from '../../base/clock.js';
import { formatDuration, formatShare } from '../../base/units.js';
import type { Act } from '../contract.js';
import { type Facts, fact } from '../scripts.js';
import { duration, option, share } from './fields.js';
import { type Played, type Stage, spanOf } from './kind.js';

/** Some of the clients, at once or one after the other. Absent: all of them, at once. */
interface Some {
  readonly share?: number;
  readonly overMicros?: number;
}

export const someFields = {
  share: option(share('share', 'Share of the client addresses; default all.', '50%')),
  overMicros: option(duration('over', 'Spread over this time; default at once.', '10s')),
};

/** What is true of every kind that moves clients. */
export const moves = {
  disturbs: true,
  changesNat: true,
  lastsMicros: ({ overMicros = 0 }: Some): number => overMicros,
} as const;

export function whoText({ share, overMicros }: Some): string {
  const who = share === undefined ? 'every client' : `${formatShare(share)} of the clients`;
  return overMicros === undefined ? who : `${who} (over ${formatDuration(overMicros)})`;
}

/** A step of a spread move takes the scripts about this long; more steps would not be in time. */
const stepMicros = 100_000;

/** Some of the clients get other addresses through nat.sh, in steps where they are to follow one another. */
export async function moveClients(stage: Stage, args: readonly string[], some: Some): Promise<Played> {
  const chosen = choose(stage, some.share ?? 1);
  const over = some.overMicros ?? 0;
  const steps = Math.max(1, Math.min(chosen.length, Math.floor(over / stepMicros)));
  const all = chosen.length === stage.clientAddresses.length && steps === 1;
  const start = nowMicros();
  const proofs: Facts[] = [];
  const moves: Act[] = [];
  for (let step = 0; step < steps; step++) {
    const due = start + (step * over) / steps;
    if (due > nowMicros()) await sleep((due - nowMicros()) / 1000);
    const from = Math.floor((step * chosen.length) / steps);
    const to = Math.floor(((step + 1) * chosen.length) / steps);
    const addresses = chosen.slice(from, to);
    const { facts, acts } = await stage.nat(all ? args : [...args, '--only', addresses.join(',')]);
    proofs.push(facts);
    moves.push(all ? spanOf(acts) : { ...spanOf(acts), addresses });
  }
  const last = proofs[proofs.length - 1]!;
  const inner = last.get('inner-after');
  if (inner) {
    stage.clientAddresses = inner;
    stage.clientAddresses6 = last.get('inner-after6') ?? [];
  }
  const facts = {
    clients: chosen.length,
    steps,
    outerBefore: (proofs[0]!.get('before') ?? []).map(outerOf),
    outerAfter: (last.get('after') ?? []).map(outerOf),
    conntrackBefore: Number(fact(proofs[0]!, 'flows-before')),
    conntrackAfter: Number(fact(last, 'flows-after')),
    ...(inner ? { innerBefore: proofs[0]!.get('inner-before') ?? [], innerAfter: inner } : {}),
  };
  return { acts: moves, facts };
}

/** Of "10.71.1.1 198.19.0.1:1024-32999": the outer address and ports. */
const outerOf = (line: string): string => line.slice(line.indexOf(' ') + 1);

/** Some of the clients by chance, at least one. */
function choose(stage: Stage, share: number): string[] {
  const pool = [...stage.clientAddresses];
  const count = Math.max(1, Math.round(share * pool.length));
  if (count === pool.length) return pool;
  for (let i = 0; i < count; i++) {
    const j = i + stage.random.below(pool.length - i);
    [pool[i], pool[j]] = [pool[j]!, pool[i]!];
  }
  return pool.slice(0, count);
}
