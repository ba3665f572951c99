import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attemptDelayMs, type Failure, type Report, race } from '../../../src/transport/race.js';
import { VirtualClock } from '../../helpers/virtual-clock.js';

let clock: VirtualClock;
beforeEach(() => {
  clock = VirtualClock.start();
});
afterEach(() => clock.stop());

/** Tries that report when the test says so, and a record of what happened when. */
class Tries {
  readonly events: string[] = [];
  readonly reports = new Map<string, Report<string>>();
  readonly giveUp: () => void;

  constructor(addresses: readonly string[], patient = false) {
    const say = (what: string): void => void this.events.push(`${Math.round(clock.millis)} ${what}`);
    this.giveUp = race<string>(
      {
        addresses,
        patient,
        begin: (address, report) => {
          say(`begin ${address}`);
          this.reports.set(address, report);
          return () => say(`end ${address}`);
        },
      },
      {
        done: (value, address, raced) => say(`done ${value} at ${address}${raced ? ', raced' : ''}`),
        fail: (failures: readonly Failure[]) => say(`failed ${failures.map(({ address }) => address).join(' ')}`),
      },
    );
  }

  done(address: string): void {
    this.reports.get(address)?.done('socket');
  }

  fail(address: string, final = false): void {
    this.reports.get(address)?.fail(new Error(`no ${address}`), final);
  }
}

describe('the race between the addresses of a name (RFC 8305)', () => {
  it('begins the next after 250 ms and ends none before another has answered, however slow the path is', async () => {
    expect(attemptDelayMs).toBe(250);
    const tries = new Tries(['a', 'b', 'c']);
    await clock.pass(620);
    tries.done('a');
    expect(tries.events).toEqual([
      '0 begin a',
      '250 begin b',
      '500 begin c',
      '620 end b',
      '620 end c',
      '620 done socket at a, raced',
    ]);
    await clock.pass(1000);
    expect(tries.events).toHaveLength(6);
  });

  it('begins the next at once when one is refused, and 250 ms later the one after that', async () => {
    const tries = new Tries(['a', 'b', 'c']);
    await clock.pass(3);
    tries.fail('a');
    await clock.pass(300);
    tries.done('b');
    expect(tries.events).toEqual([
      '0 begin a',
      '3 end a',
      '3 begin b',
      '253 begin c',
      '303 end c',
      '303 done socket at b, raced',
    ]);
  });

  it('fails only when every address has failed, and when one answered in a way that is final', async () => {
    const all = new Tries(['a', 'b']);
    all.fail('a');
    await clock.pass(5000);
    all.fail('b');
    expect(all.events).toEqual(['0 begin a', '0 end a', '0 begin b', '5000 end b', '5000 failed a b']);
    const final = new Tries(['a', 'b']);
    await clock.pass(300);
    final.fail('b', true);
    expect(final.events.slice(-3)).toEqual(['5300 end b', '5300 end a', '5300 failed b']);
  });

  it('an address that is known to answer is waited for alone; when it fails the others race', async () => {
    const tries = new Tries(['a', 'b', 'c'], true);
    await clock.pass(2000);
    expect(tries.events).toEqual(['0 begin a']);
    tries.fail('a');
    await clock.pass(300);
    expect(tries.events.slice(1)).toEqual(['2000 end a', '2000 begin b', '2250 begin c']);
  });

  it('one address alone is neither raced nor waited for', () => {
    const tries = new Tries(['a']);
    tries.done('a');
    expect(tries.events).toEqual(['0 begin a', '0 done socket at a']);
  });

  it('giving up ends everything, the winner included, and reports nothing any more', async () => {
    const tries = new Tries(['a', 'b']);
    await clock.pass(300);
    tries.done('b');
    tries.giveUp();
    tries.fail('a');
    await clock.pass(1000);
    expect(tries.events.slice(2)).toEqual(['300 end a', '300 done socket at b, raced', '300 end b']);
  });
});
