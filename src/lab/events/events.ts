import { setTimeout as sleep } from 'node:timers/promises';
import { nowMicros } from '../../base/clock.js';
import { MqbenchError } from '../../base/errors.js';
import { exitCodes } from '../../base/exit-codes.js';
import type { Random } from '../../base/random.js';
import type { LinkBackend } from '../backend.js';
import type { Act, EventProof, LabEvent, LinkCounters, LinkProfile, Some } from '../contract.js';
import { longestPathMicros } from '../path.js';
import { type Facts, fact } from '../scripts.js';
import { mistakesOf } from '../validate.js';

/** What events act on. */
export interface Stage {
  readonly link: LinkBackend;
  /** Of the beginning, for `heal`. */
  readonly profile: LinkProfile;
  readonly random: Random;
  /** As they are now: an address-change changes them. */
  clientAddresses: readonly string[];
  clientAddresses6: readonly string[];
  /** Blackouts that are going on; the link is dark while there is any. */
  dark: number;
  /** Runs nat.sh, one after the other. */
  nat(args: readonly string[]): Promise<NatDone>;
}

/** What nat.sh told, and when it changed the network. */
export interface NatDone {
  readonly facts: Facts;
  readonly acts: readonly Act[];
}

type ProofFacts = EventProof['facts'];

interface Played {
  readonly acts: readonly Act[];
  readonly facts: ProofFacts;
}

/** Everything that makes an event impossible, each with its reason; empty when it can happen. */
export function eventMistakes(event: LabEvent): string[] {
  const mistakes: string[] = [];
  const positive = (name: string, value: number): void => {
    if (!(value > 0 && Number.isFinite(value))) mistakes.push(`${name}: ${value} is not more than 0`);
  };
  if ('share' in event && event.share !== undefined && !(event.share > 0 && event.share <= 1)) {
    mistakes.push(`share: ${event.share * 100} % is not more than 0 and at most 100 %`);
  }
  if ('overMicros' in event && event.overMicros !== undefined && !(event.overMicros >= 0)) {
    mistakes.push(`over: ${event.overMicros} is negative`);
  }
  if (event.kind === 'blackout') positive('for', event.forMicros);
  if (event.kind === 'udp-block' && event.forMicros !== undefined) positive('for', event.forMicros);
  if (event.kind === 'flap') {
    positive('down', event.downMicros);
    positive('up', event.upMicros);
    if (!(Number.isInteger(event.times) && event.times >= 1 && event.times <= 1000)) {
      mistakes.push(`times: ${event.times} is not a whole number from 1 to 1000`);
    }
  }
  if (event.kind === 'profile') mistakes.push(...mistakesOf(event.profile));
  return mistakes.map((mistake) => `event ${event.kind}: ${mistake}`);
}

/** Makes an event happen and returns when it is over. @throws MQB_LAB_EVENT when it is impossible */
export async function playEvent(stage: Stage, event: LabEvent): Promise<EventProof> {
  const mistakes = eventMistakes(event);
  if (mistakes.length > 0) {
    throw new MqbenchError('MQB_LAB_EVENT', mistakes.join('; '), { exitCode: exitCodes.usage });
  }
  const before = pathMicros(stage.link);
  const { acts, facts } = await act(stage, event);
  const atMicros = Math.min(...acts.map(({ beganMicros }) => beganMicros));
  const tookMicros = Math.max(...acts.map(({ endedMicros }) => endedMicros)) - atMicros;
  return { kind: event.kind, atMicros, tookMicros, acts, pathMicros: Math.max(before, pathMicros(stage.link)), facts };
}

/** To the clients: what they hear is what proves that a path works. */
const pathMicros = ({ profile: { down, mtu } }: LinkBackend): number => longestPathMicros(down, mtu ?? 1500);

async function act(stage: Stage, event: LabEvent): Promise<Played> {
  switch (event.kind) {
    case 'rebind':
      return moveClients(stage, ['rebind', '--what', event.what ?? 'address'], event);
    case 'return':
      return moveClients(stage, ['return'], event);
    case 'address-change':
      return moveClients(stage, ['address-change'], event);
    case 'blackout':
      return blackouts(stage, 1, event.forMicros, 0);
    case 'flap':
      return blackouts(stage, event.times, event.downMicros, event.upMicros);
    case 'profile':
      return changeProfile(stage, event.profile);
    case 'heal':
      return changeProfile(stage, stage.profile);
    case 'udp-block':
      return blockUdp(stage, event.forMicros);
    case 'udp-open': {
      const { acts, facts } = await stage.nat(['unblock-udp']);
      return { acts, facts: { udp: 'open', dropped: Number(fact(facts, 'dropped')) } };
    }
    case 'nat': {
      const { acts, facts } = await stage.nat(['policy', event.unknownFlows]);
      return { acts, facts: { unknownFlows: fact(facts, 'policy') } };
    }
  }
}

async function changeProfile(stage: Stage, profile: LinkProfile): Promise<Played> {
  return { acts: [await stage.link.setProfile(profile)], facts: { profile: JSON.stringify(profile) } };
}

async function blockUdp(stage: Stage, forMicros: number | undefined): Promise<Played> {
  const blocked = spanOf((await stage.nat(['block-udp'])).acts);
  if (forMicros === undefined) return { acts: [blocked], facts: { udp: 'blocked' } };
  await sleep(Math.max(0, blocked.endedMicros + forMicros - nowMicros()) / 1000);
  const { acts, facts } = await stage.nat(['unblock-udp']);
  const whole = spanOf([blocked, ...acts]);
  return { acts: [whole], facts: { udp: 'open again', dropped: Number(fact(facts, 'dropped')) } };
}

function spanOf(acts: readonly Act[]): Act {
  return {
    beganMicros: Math.min(...acts.map(({ beganMicros }) => beganMicros)),
    endedMicros: Math.max(...acts.map(({ endedMicros }) => endedMicros)),
  };
}

/** A step of a spread move takes the scripts about this long; more steps would not be in time. */
const stepMicros = 100_000;

async function moveClients(stage: Stage, args: readonly string[], some: Some): Promise<Played> {
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

async function blackouts(stage: Stage, times: number, downMicros: number, upMicros: number): Promise<Played> {
  const before = await stage.link.counters();
  const acts: Act[] = [];
  const start = nowMicros();
  const until = async (micros: number): Promise<void> => {
    const wait = micros - nowMicros();
    if (wait > 0) await sleep(Math.ceil(wait / 1000));
  };
  for (let i = 0; i < times; i++) {
    await until(start + i * (downMicros + upMicros));
    const { beganMicros } = await darken(stage, 1);
    await until(beganMicros + downMicros);
    acts.push({ beganMicros, endedMicros: (await darken(stage, -1)).endedMicros });
  }
  const after = await stage.link.counters();
  const facts = { times, downMicros, lostUp: lost(before, after, 'up'), lostDown: lost(before, after, 'down') };
  return { acts, facts };
}

/** One blackout more or less. @returns when the link became, or went on being, dark or light */
async function darken(stage: Stage, by: 1 | -1): Promise<Act> {
  stage.dark += by;
  const on = stage.dark > 0;
  return stage.link.blackout({ up: on, down: on });
}

function lost(before: LinkCounters, after: LinkCounters, direction: 'up' | 'down'): number {
  return after[direction].packetsLost - before[direction].packetsLost;
}
