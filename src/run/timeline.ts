import { nowMicros } from '../base/clock.js';
import { sleep } from '../base/sleep.js';
import type { Lab, LabEvent } from '../lab/contract.js';
import { spanOf } from '../lab/events/kind.js';
import type { EventTime } from '../load/messages.js';
import type { EventRecord } from '../result/types.js';
import { disturbs } from '../scenario/disturbing.js';
import type { Fleet } from '../scenario/events/fleet.js';
import { type FleetEvent, fleetKindOf } from '../scenario/events/kinds.js';
import type { MeasureWindow, TimelineEvent } from '../scenario/types.js';

/** What events act on. */
export interface Stage extends Fleet {
  readonly lab: Lab | undefined;
  /** An event is about to disturb the clients: from here on it is noted what becomes of them. */
  mark(event: string): Promise<void>;
  /** It has, at these times. */
  happened(event: string, when: EventTime): Promise<void>;
  /** Clients that dial again do so from these addresses: their old ones are gone. */
  addressesChanged(addresses: readonly string[]): Promise<void>;
  /** Orders to the load are given so long before they take effect. */
  readonly leadMicros: number;
  /** What is due from that time on belongs to it. Told {@link leadMicros} before; resolves when the time has come. */
  openWindow(name: string, atMicros: number): Promise<void>;
  /** Where the broker sees the clients. */
  peers(): Promise<readonly string[]>;
}

type Step = { at: number } & ({ event: TimelineEvent } | { peersOf: string });

/**
 * How long after an event the broker is asked where it sees the clients. QUIC
 * clients show up at their new address with their next packet, at the latest
 * with their next keepalive; publishing ones within this.
 */
const peersSettleMicros = 1_000_000;

/**
 * Plays events and measure windows at their times from `startMicros`
 * (monotonic), then waits until the traffic's end. Times come from the start, so
 * a slow event does not push the next one, and events do not wait for one
 * another: a blackout may last while the next begins.
 * @param records receives each event with its proof, in order of time: an interrupted cell keeps those it had
 */
export async function playTimeline(
  stage: Stage,
  timeline: readonly TimelineEvent[],
  windows: readonly MeasureWindow[],
  span: { startMicros: number; trafficMicros: number; signal: AbortSignal },
  records: EventRecord[],
): Promise<void> {
  const opened = windows.map(({ name, fromMicros }) => ({ at: fromMicros, done: open(stage, name, fromMicros, span) }));
  for (const { done } of opened) done.catch(() => {}); // thrown again where it is waited for
  const steps: Step[] = [
    ...timeline.map((event) => ({ at: event.atMicros, event })),
    ...timeline.map((event) => ({
      at: Math.min(event.atMicros + peersSettleMicros, span.trafficMicros),
      peersOf: event.name,
    })),
  ].sort((a, b) => a.at - b.at || order(a) - order(b));
  const playing: Promise<void>[] = [];
  const peersAfter = new Map<string, Record<string, number>>();
  for (const step of steps) {
    await sleepUntil(span.startMicros + step.at, span.signal);
    if ('event' in step) {
      await Promise.all(opened.filter(({ at }) => at <= step.at).map(({ done }) => done));
      const played = playEvent(stage, step.event, span).then((record) => insert(records, record));
      played.catch(() => {}); // thrown again at the end
      playing.push(played);
    } else {
      peersAfter.set(step.peersOf, summary(await stage.peers()));
    }
  }
  await sleepUntil(span.startMicros + span.trafficMicros, span.signal);
  await Promise.all([...playing, ...opened.map(({ done }) => done)]);
  for (const [index, record] of records.entries()) {
    records[index] = { ...record, proof: { ...record.proof, peersAfter: peersAfter.get(record.name) } };
  }
}

function insert(records: EventRecord[], record: EventRecord): void {
  records.push(record);
  records.sort((a, b) => a.atMicros - b.atMicros);
}

/** Beside everything else: a window is told ahead of its time, and nothing that happens then may hold that up. */
async function open(
  stage: Stage,
  name: string,
  at: number,
  span: { startMicros: number; signal: AbortSignal },
): Promise<void> {
  const atMicros = span.startMicros + at;
  await sleepUntil(atMicros - stage.leadMicros, span.signal);
  await stage.openWindow(name, atMicros);
}

/** At one time: first what an earlier event led to, then the next one, and before that the window that is to measure it. */
function order(step: Step): number {
  return 'peersOf' in step ? 0 : 1;
}

interface Played {
  readonly when: EventTime;
  readonly proof: Readonly<Record<string, unknown>>;
}

async function playEvent(stage: Stage, event: TimelineEvent, span: { startMicros: number }): Promise<EventRecord> {
  const peersBefore = summary(await stage.peers());
  if (disturbs(event)) await stage.mark(event.name);
  const { when, proof } = await act(stage, event);
  if (disturbs(event)) await stage.happened(event.name, when);
  const { beganMicros, endedMicros } = spanOf(when.acts);
  return {
    name: event.name,
    atMicros: Math.round(beganMicros - span.startMicros),
    tookMicros: Math.round(endedMicros - beganMicros),
    proof: { kind: event.kind, ...proof, peersBefore },
  };
}

async function act(stage: Stage, event: TimelineEvent): Promise<Played> {
  const fleet = fleetKindOf(event.kind);
  if (fleet) {
    const { acts, facts } = await fleet.act(stage, event as TimelineEvent & FleetEvent);
    return { when: { acts, pathMicros: 0 }, proof: facts };
  }
  const { name: _name, atMicros: _at, arms: _arms, fleets: _fleets, ...what } = event;
  const { facts, acts, pathMicros, apart } = await needLab(stage).event(what as LabEvent);
  if (Array.isArray(facts.innerAfter)) await stage.addressesChanged(facts.innerAfter);
  return { when: { acts, pathMicros, apart }, proof: facts };
}

function needLab(stage: Stage): Lab {
  if (!stage.lab) throw new Error('an event of the network needs the lab'); // the scenario reader refuses this before
  return stage.lab;
}

/** Peer addresses as hosts with their number of clients: proof, not a list of thousands. */
export function summary(peers: readonly string[]): Record<string, number> {
  const hosts: Record<string, number> = {};
  for (const host of peers) hosts[host] = (hosts[host] ?? 0) + 1;
  const names = Object.keys(hosts);
  if (names.length <= 8) return hosts;
  return { [`${names[0]} … ${names[names.length - 1]} (${names.length} addresses)`]: peers.length };
}

/** Sleeps until a monotonic time, which may be never. @throws the signal's reason when aborted */
async function sleepUntil(micros: number, signal: AbortSignal): Promise<void> {
  await sleep((micros - nowMicros()) / 1000, signal);
  signal.throwIfAborted();
}
