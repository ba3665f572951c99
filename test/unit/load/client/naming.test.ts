import { describe, expect, it } from 'vitest';
import { fillVariables, nameClient } from '../../../../src/load/client/naming.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import { closedLoop, filler } from '../../../helpers/plans.js';

const publish = { topic: 't', qos: 0 as const, payload: filler(64), pace: closedLoop, inflight: 1 };
const subscribe = { topic: 't', qos: 0 as const };
const plan = (over: Partial<LoadPlan>): LoadPlan => ({ clients: 10, clientIdPrefix: 'bench_', ...over }) as LoadPlan;

describe('topic variables', () => {
  const client = { id: 'bench_7', number: 7, shown: 107, username: 'ann' };

  it.each([
    ['a/%c/b', 'a/bench_7/b'],
    ['%i', '107'],
    ['x%ix', 'x107x'],
    ['%u/%c/%i/%s', 'ann/bench_7/107/42'],
    ['%i%i', '107107'],
    ['plain', 'plain'],
    ['100%', '100%'],
    ['%x', '%x'],
  ])('%s becomes %s', (pattern, topic) => {
    expect(fillVariables(pattern, client, 42)).toBe(topic);
  });

  it('%rand_N is below N, the same for a client throughout, and differs between clients', () => {
    const of = (number: number) => Number(fillVariables('%rand_100', { ...client, number }));
    const all = Array.from({ length: 200 }, (_, number) => of(number));
    expect(Math.max(...all)).toBeLessThan(100);
    expect(new Set(all).size).toBeGreaterThan(50);
    expect(of(7)).toBe(of(7));
  });
});

describe('names of clients', () => {
  it('count from the start number in ids and %i', () => {
    expect(nameClient(plan({ startNumber: 1000 }), 3)).toMatchObject({ id: 'bench_1003', number: 3, shown: 1003 });
  });

  it('without roles do whatever the plan has', () => {
    expect(nameClient(plan({ publish, subscribe }), 3)).toMatchObject({ publishes: true, subscribes: true });
    expect(nameClient(plan({}), 3)).toMatchObject({ publishes: false, subscribes: false });
  });

  it('with roles number publishers and subscribers each from 0, so that %i pairs them', () => {
    const roles = plan({ publish, subscribe, publishers: 4 });
    expect(nameClient(roles, 3)).toMatchObject({ id: 'bench_3', shown: 3, publishes: true, subscribes: false });
    expect(nameClient(roles, 4)).toMatchObject({ id: 'bench_4', shown: 0, publishes: false, subscribes: true });
  });

  it('fill in the user name', () => {
    expect(nameClient(plan({ username: 'user-%i' }), 3).username).toBe('user-3');
  });
});
