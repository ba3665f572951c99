import { expect, test } from 'vitest';
import type { VirtualClient } from '../../../src/load/client.js';
import { eventOutcome, markOf } from '../../../src/load/event-outcome.js';

interface State {
  everUp: boolean;
  isUp: boolean;
  generation: number;
  session: { lastRead: number; oldestOwed: number };
}
const client = (isUp: boolean, generation: number, lastRead = 0): State => ({
  everUp: true,
  isUp,
  generation,
  session: { lastRead, oldestOwed: 1 },
});
const fleetOf = (...states: State[]): VirtualClient[] => states as unknown as VirtualClient[];

test('who kept its connection and heard of it survived, who has another reconnected, who has none is lost', () => {
  const [stays, silent, comesBack, leaves] = [client(true, 1), client(true, 1), client(true, 1), client(true, 1)];
  const mark = markOf(fleetOf(stays, silent, comesBack, leaves));
  stays.session.lastRead = 200;
  comesBack.generation = 2;
  leaves.isUp = false;
  expect(eventOutcome({ eventAt: 100, mark })).toEqual({ survived: 1, reconnected: 1, lost: 2 });
});

test('clients that an earlier event cut and that never came back are lost, not forgotten', () => {
  const [returns, gone] = [client(false, 1), client(false, 1)];
  const never = { ...client(false, 0), everUp: false };
  const mark = markOf(fleetOf(returns, gone, never));
  returns.isUp = true;
  expect(eventOutcome({ eventAt: 100, mark })).toEqual({ survived: 0, reconnected: 1, lost: 1 });
});
