import { words } from '../../src/cli/ab/builds.js';
import { loadCommand } from '../../src/cli/load/command.js';
import type { LoadCommand } from '../../src/cli/load/options/flags.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import { fakeEnvironment } from './fake-environment.js';

/** The plan of a command line of conn, pub, sub or pubsub, without playing it. @throws MqbenchError as the command does */
export async function planMeant(line: string, cwd = '/'): Promise<LoadPlan> {
  const [name, ...args] = words(line) as [LoadCommand, ...string[]];
  let meant: LoadPlan | undefined;
  const command = loadCommand(fakeEnvironment(cwd), name, '', async (_environment, _name, plan) => {
    meant = plan;
  });
  await command.exitOverride().parseAsync(args, { from: 'user' });
  if (meant === undefined) throw new Error(`nothing would run: ${line}`);
  return meant;
}
