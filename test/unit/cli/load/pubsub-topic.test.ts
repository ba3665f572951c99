import { describe, expect, it } from 'vitest';
import { loadCommand } from '../../../../src/cli/load/command.js';
import { nameClient, publishTopic, subscribeTopics } from '../../../../src/load/client/naming.js';
import type { LoadPlan } from '../../../../src/plan/plan.js';
import { fakeEnvironment } from '../../../helpers/fake-environment.js';

async function planOf(...argv: string[]): Promise<LoadPlan> {
  let plan: LoadPlan | undefined;
  const command = loadCommand(fakeEnvironment('/'), 'pubsub', '', async (_env, _name, read) => {
    plan = read;
  });
  await command.exitOverride().parseAsync(argv, { from: 'user' });
  if (plan === undefined) throw new Error('nothing would run');
  return plan;
}

/** What the second publisher publishes to, and what the second subscriber subscribes to. */
function topics(plan: LoadPlan): { publish: string; subscribe: string[] } {
  const subscriber = plan.publishers === undefined ? 1 : plan.publishers + 1;
  return {
    publish: publishTopic(plan, nameClient(plan, 1)),
    subscribe: subscribeTopics(plan, nameClient(plan, subscriber)),
  };
}

describe('pubsub with a topic of the user’s', () => {
  const fleet = ['--pubs', '2', '--subs', '2', '--prefix', 'x'];
  it.each([
    ['pairs', 'bench/%i', 'bench/1', ['bench/1']],
    ['pairs', 'bench/%c/up', 'bench/x1/up', ['bench/x1/up']],
    ['own', 'bench/%c', 'bench/x1', ['bench/x1']],
    ['fan-in', 'bench/%i/up', 'bench/1/up', ['bench/+/up']],
    ['fan-out', 'bench/%i', 'bench/1', ['bench/+']],
    ['shared', 'bench/%i', 'bench/1', ['$share/mqbench/bench/+']],
    ['pairs', 'all', 'all', ['all']],
    ['pairs', 'a/%s/b', 'a/0/b', ['a/+/b']],
  ])('%s %s', async (pattern, topic, publish, subscribe) => {
    const plan = await planOf('--pattern', pattern, '-t', topic, ...fleet);
    expect(topics(plan)).toEqual({ publish, subscribe });
  });

  it('has several by %t', async () => {
    const plan = await planOf('-t', 'a/%i/%t', '--topics', '2', ...fleet);
    expect(topics(plan).subscribe).toEqual(['a/1/0', 'a/1/1']);
    await expect(planOf('-t', 'a', '--topics', '2')).rejects.toThrow(
      '--topics tells topics apart by %t, and "a" has none',
    );
  });

  it('takes one, and without wildcards', async () => {
    await expect(planOf('-t', 'a', '-t', 'b')).rejects.toThrow('pubsub publishes to one -t');
    await expect(planOf('-t', 'a/+')).rejects.toThrow('is a topic to publish to');
  });
});
