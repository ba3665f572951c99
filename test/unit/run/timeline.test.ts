import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nowMicros } from '../../../src/base/clock.js';
import type { Lab, LabEvent } from '../../../src/lab/contract.js';
import type { EventRecord } from '../../../src/result/types.js';
import { playTimeline, type Stage } from '../../../src/run/timeline.js';
import type { TimelineEvent } from '../../../src/scenario/types.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';

let clock: VirtualClock;
let stop: AbortController;
let start: number;
/** What happened when, in milliseconds after the start of the traffic. */
let log: string[];
/** How long the lab takes until an event is done, and from when to when the network changed meanwhile. */
let acts: Record<string, { takes: number; from: number; to: number }>;
let records: EventRecord[];

beforeEach(() => {
  clock = VirtualClock.start();
  stop = new AbortController();
  start = nowMicros() + 100_000;
  log = [];
  acts = {};
  records = [];
});
afterEach(() => clock.stop());

/** To 10 ms: a timer of 0 ms takes one, as Node's do. */
const now = (): number => Math.round((nowMicros() - start) / 10_000) * 10;
const note = async (what: string): Promise<void> => void log.push(`${now()} ${what}`);
const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

const lab = {
  async event({ kind }: LabEvent) {
    await note(kind);
    const { takes, from, to } = acts[kind] ?? { takes: 0, from: 0, to: 0 };
    const began = nowMicros();
    await pause(takes);
    const act = { beganMicros: began + from * 1000, endedMicros: began + to * 1000 };
    return { kind, facts: { what: kind }, acts: [act], pathMicros: 0, atMicros: act.beganMicros, tookMicros: 0 };
  },
} as unknown as Lab;

const stage: Stage = {
  lab,
  leadMicros: 40_000,
  fleets: [{ name: '', clients: 5 }],
  mark: (event) => note(`mark ${event}`),
  happened: (event) => note(`happened ${event}`),
  addressesChanged: () => note('addresses'),
  openWindow: async (name, atMicros) => {
    const ahead = Math.round((atMicros - nowMicros()) / 1000);
    await pause(ahead);
    await note(`window ${name}${ahead === 40 ? '' : `, told ${ahead} ms before`}`);
  },
  cut: async ({ event }) => {
    await note(`cut ${event}`);
    return nowMicros() + 40_000;
  },
  peers: async () => ['198.19.0.1'],
};

const event = (at: number, kind: string, more: object = {}): TimelineEvent =>
  ({ name: kind, kind, atMicros: at * 1000, ...more }) as unknown as TimelineEvent;
const window = (name: string, at: number) => ({ name, fromMicros: at * 1000 });

/** Plays it all; traffic lasts four seconds. @returns when it was over, in milliseconds after the start */
async function play(events: TimelineEvent[], windows: ReturnType<typeof window>[] = []): Promise<number> {
  const span = { startMicros: start, trafficMicros: 4e6, signal: stop.signal };
  const playing = playTimeline(stage, events, windows, span, records).then(now);
  playing.catch(() => {});
  await clock.pass(10_000);
  return playing;
}

describe('a timeline', () => {
  it('opens windows and plays events at their times, at one time the window first', async () => {
    const over = await play([event(2_000, 'rebind')], [window('before', 0), window('after', 2_000)]);
    expect(log).toEqual([
      '0 window before',
      '2000 window after',
      '2000 mark rebind',
      '2000 rebind',
      '2000 happened rebind',
    ]);
    expect(over).toBe(4_000);
  });

  it('tells when the network changed, not when the order was given', async () => {
    acts.rebind = { takes: 300, from: 250, to: 260 };
    await play([event(1_000, 'rebind')]);
    expect(records).toMatchObject([{ name: 'rebind', atMicros: 1_250_000, tookMicros: 10_000 }]);
  });

  it('does not let an event that lasts hold up the next one, a window or the end', async () => {
    acts.blackout = { takes: 1_500, from: 0, to: 1_500 };
    acts.rebind = { takes: 100, from: 50, to: 60 };
    const over = await play(
      [event(1_000, 'blackout'), event(1_200, 'rebind')],
      [window('dark', 1_000), window('later', 2_000)],
    );
    expect(log.filter((line) => !line.includes('mark'))).toEqual([
      '1000 window dark',
      '1000 blackout',
      '1200 rebind',
      '1300 happened rebind',
      '2000 window later',
      '2500 happened blackout',
    ]);
    expect(records.map(({ name }) => name)).toEqual(['blackout', 'rebind']);
    expect(records[1]?.atMicros).toBe(1_250_000);
    expect(over).toBe(4_000);
  });

  it('waits for an event that lasts beyond the traffic, and has its proof', async () => {
    acts.blackout = { takes: 1_500, from: 0, to: 1_500 };
    expect(await play([event(3_000, 'blackout')])).toBe(4_500);
    expect(records).toMatchObject([{ name: 'blackout', proof: { kind: 'blackout', what: 'blackout' } }]);
  });

  it('asks where the clients are before an event, and a second after it', async () => {
    const asked: number[] = [];
    const peers = async (): Promise<string[]> => {
      asked.push(now());
      return [`198.19.0.${asked.length}`];
    };
    const seen = { ...stage, peers };
    const span = { startMicros: start, trafficMicros: 4e6, signal: stop.signal };
    const playing = playTimeline(seen, [event(2_000, 'rebind'), event(3_500, 'return')], [], span, records);
    await clock.pass(10_000);
    await playing;
    expect(asked).toEqual([2_000, 3_000, 3_500, 4_000]); // the last at the end of the traffic
    expect(records.map(({ proof }) => [proof.peersBefore, proof.peersAfter])).toEqual([
      [{ '198.19.0.1': 1 }, { '198.19.0.2': 1 }],
      [{ '198.19.0.3': 1 }, { '198.19.0.4': 1 }],
    ]);
  });

  it('tells of a spread cut from its first client to its last', async () => {
    await play([event(1_000, 'cut', { perSecond: 10 })]);
    // Ordered 40 ms ahead; five clients at 10/s: the last is cut 400 ms after the first.
    expect(records).toMatchObject([{ name: 'cut', atMicros: 1_040_000, tookMicros: 400_000 }]);
  });

  it('ends at once when it is interrupted, with the events it had', async () => {
    const playing = play([event(500, 'rebind'), event(3_000, 'return')]);
    setTimeout(() => stop.abort(new Error('Ctrl-C')), 1_100);
    await expect(playing).rejects.toThrow('Ctrl-C');
    expect(records.map(({ name }) => name)).toEqual(['rebind']);
  });

  it('fails with the event that failed, at its end', async () => {
    const broken = {
      ...stage,
      lab: { event: async () => Promise.reject(new Error('no such link')) } as unknown as Lab,
    };
    const span = { startMicros: start, trafficMicros: 4e6, signal: stop.signal };
    const playing = playTimeline(broken, [event(1_000, 'rebind')], [], span, records);
    const outcome = expect(playing).rejects.toThrow('no such link');
    await clock.pass(10_000);
    await outcome;
  });
});
