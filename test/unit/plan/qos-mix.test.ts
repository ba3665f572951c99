import { describe, expect, it } from 'vitest';
import { timetableOf } from '../../../src/load/pace/timetable.js';
import { type LoadPlan, ownTopics } from '../../../src/plan/plan.js';
import { readScenario } from '../../../src/scenario/read.js';
import { planMeant } from '../../helpers/plan-meant.js';
import { fc } from '../../helpers/properties.js';

const fromFile = (publish: string, more = '') =>
  readScenario(
    `title: t\narms: [tcp]\nnetwork: none\nload: { clients: 10, duration: 1s, ${more} publish: { topic: t, ${publish} } }\n`,
    'x.yaml',
  ).load;
const mixOf = (mix: string, more = ''): Promise<LoadPlan> =>
  planMeant(`pub -t t -c 10 -F 10 --rate 1000 --qos-mix ${mix} ${more}`);
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a mix of QoS', () => {
  it('means the same in a file and on the command line', async () => {
    const { publish, topics } = fromFile('qos: { 0: 70, 1: 25, 2: 5 }, rate: 1000/s');
    const plan = await mixOf('0:70,1:25,2:5');
    expect(plain([publish, topics])).toEqual(plain([plan.publish, plan.topics]));
    expect(ownTopics(plan)?.map(({ qos, topic }) => [qos, topic])).toEqual([
      [0, 't'],
      [1, 't'],
      [2, 't'],
    ]);
  });

  it('of one level is that level', async () => {
    expect((await mixOf('1:100')).publish).toMatchObject({ qos: 1, pace: { kind: 'rate' } });
    expect(fromFile('qos: { 0: 0, 2: 100 }, rate: 1000/s').publish).toMatchObject({ qos: 2, pace: { kind: 'rate' } });
  });

  it.each(['', '--arrivals poisson'])(
    'draws the level of each message, whose time stays what it is without the mix %s',
    async (more) => {
      const mixed = await mixOf('0:70,1:25,2:5', more);
      const { publish, ...rest } = mixed;
      const pace = publish?.pace as Extract<
        typeof publish extends undefined ? never : NonNullable<typeof publish>['pace'],
        { kind: 'per-topic' }
      >;
      const { topics: _, mix: __, kind: ___, ...open } = pace;
      const single = {
        ...rest,
        topics: undefined,
        publish: { ...publish, pace: { ...open, kind: 'rate' } },
      } as LoadPlan;
      const [table, one] = [timetableOf(mixed), timetableOf(single)];
      const until = 20e6;
      const shares: number[] = [];
      for (let client = 0; client < 10; client++) {
        const all: number[] = [];
        for (let flow = 0; flow < 3; flow++) {
          for (let sequence = 0; ; sequence++) {
            const due = table?.dueAt(client, sequence, flow) ?? 0;
            if (due >= until) break;
            all.push(due);
            shares[flow] = (shares[flow] ?? 0) + 1;
          }
        }
        all.sort((a, b) => a - b);
        expect(all).toEqual(all.map((_, number) => one?.dueAt(client, number, 0)));
      }
      const sum = shares.reduce((a, b) => a + b, 0);
      expect(sum).toBe(one?.countBefore(until));
      expect(shares.map((count) => count / sum)).toEqual([
        expect.closeTo(0.7, 1),
        expect.closeTo(0.25, 1),
        expect.closeTo(0.05, 1),
      ]);
      expect(Math.abs((shares[2] as number) / sum - 0.05)).toBeLessThan(0.007); // 4 deviations of 0.05 in 20,000
    },
  );

  it('is shared by workers, each message once', async () => {
    const table = timetableOf(await mixOf('0:50,1:50', '-L 500'));
    const seen = [0, 1, 2].flatMap((worker) => {
      const queue = table?.queue({ worker, workers: 3 });
      const flows: number[] = [];
      for (; queue !== undefined && queue.next < 1e12; queue.advance()) flows.push(queue.flow);
      return flows;
    });
    expect(seen).toHaveLength(500);
    expect(new Set(seen)).toEqual(new Set([0, 1]));
  });

  it('is refused where it does not add up to 100, whatever it is', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(60), (zero, one) => {
        const read = () => fromFile(`qos: { 0: ${zero}, 1: ${one} }, rate: 5/s`);
        if (zero + one === 100) expect(read).not.toThrow();
        else expect(read).toThrow(new RegExp(`publish\\.qos: adds up to ${zero + one} per cent: it must be 100`));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['qos: { 0: 50, 1: 50 }', '', /publish\.qos: is of messages with a time each.*give rate or interval/],
    ['qos: { 0: 50, 1: 50 }, rate: 5/s', 'topics: 3,', /publish\.qos: is of one topic per client/],
    ['qos: { 0: 50, 3: 50 }, rate: 5/s', '', /publish\.qos/],
    ['qos: { 0: 150, 1: -50 }, rate: 5/s', '', /publish\.qos/],
  ])('is refused in a file: %s', (publish, more, says) => {
    expect(() => fromFile(publish, more)).toThrow(says);
  });

  it.each([
    ['0:50,1:40', '', /--qos-mix adds up to 90 per cent/],
    ['0:50,0:50', '', /"0:50,0:50" is no mix of QoS/],
    ['0:50,3:50', '', /is no mix of QoS/],
    ['0:50,1:50', '-q 1', /-q and --qos-mix both say/],
    ['0:50,1:50', '-t t/%s', /--qos-mix counts the messages of each QoS/],
  ])('is refused on the command line: %s %s', async (mix, more, says) => {
    await expect(planMeant(`pub ${more.includes('-t') ? '' : '-t t'} --qos-mix ${mix} ${more}`)).rejects.toThrow(says);
  });
});
