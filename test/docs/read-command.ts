import type { Command } from 'commander';
import { words } from '../../src/cli/ab/builds.js';
import { type AgentProgramFlags, agentInfo } from '../../src/cli/agent/agent.js';
import { type BrokerFlags, brokerOptions } from '../../src/cli/broker/options.js';
import { readFirstWords } from '../../src/cli/first-words.js';
import { type GatewayFlags, gatewayOptions } from '../../src/cli/gateway.js';
import { type LabFlags, specOf } from '../../src/cli/lab/options.js';
import { loadCommand } from '../../src/cli/load/command.js';
import type { LoadCommand } from '../../src/cli/load/options/flags.js';
import { isLoad } from '../../src/cli/load/options/flags.js';
import { readLine } from '../../src/cli/peers/line.js';
import { buildProgram } from '../../src/cli/program.js';
import { parseEvent } from '../../src/lab/events/words.js';
import { parseNetem } from '../../src/lab/netem/parse.js';
import type { LoadPlan } from '../../src/plan/plan.js';
import { parseBrokerUrl } from '../../src/transport/url.js';
import { runCli } from '../helpers/cli.js';
import { fakeEnvironment } from '../helpers/fake-environment.js';

/** Reads a command line of the documentation, or runs it where that costs little. @throws what the program says against it */
export async function readCommand(args: readonly string[], folder: string): Promise<void> {
  const asked = readFirstWords(args);
  if ('page' in asked) return;
  const [name = '', ...rest] = asked.argv;
  if (rest.includes('--help') || name.startsWith('-')) return succeeds(args, folder);
  const reader = readers[name as keyof typeof readers];
  if (reader === undefined) throw new Error(`no reader for mqbench ${name}`);
  return reader(rest, folder);
}

const readers = {
  run: (args, folder) => dryRun(args, folder),
  conn: async (args, folder) => void (await planOf('conn', args, folder)),
  pub: async (args, folder) => void (await planOf('pub', args, folder)),
  sub: async (args, folder) => void (await planOf('sub', args, folder)),
  pubsub: async (args, folder) => void (await planOf('pubsub', args, folder)),
  probe: async (args, folder) => {
    const { operands } = await parsed(['probe', ...args], folder);
    parseBrokerUrl(operands[0] ?? '');
  },
  broker: async (args, folder) => {
    const { flags } = await parsed(['broker', ...args], folder);
    brokerOptions(fakeEnvironment(folder), flags as unknown as BrokerFlags);
  },
  gateway: async (args, folder) => {
    const { flags } = await parsed(['gateway', ...args], folder);
    await gatewayOptions(fakeEnvironment(folder), flags as unknown as GatewayFlags);
  },
  agent: async (args, folder) => {
    const { flags } = await parsed(['agent', ...args], folder);
    agentInfo(flags as unknown as AgentProgramFlags, {});
  },
  agents: async (args, folder) => void (await parsed(['agents', ...args], folder)),
  // These cost little: they are run.
  compare: (args, folder) => succeeds(['compare', ...args], folder, [0, 12]),
  report: (args, folder) => succeeds(['report', ...args], folder),
  'agents-keys': async (args, folder) => void (await parsed(['agents-keys', ...args], folder)),
  completion: (args, folder) => succeeds(['completion', ...args], folder),
  doctor: (args, folder) => succeeds(['doctor', ...args], folder, [0, 3]),
  ab: async (args, folder) => {
    const { operands, flags } = await parsed(['ab', ...args], folder);
    const {
      quick,
      only,
      set = [],
      base,
      head,
    } = flags as { quick?: boolean; only?: string; set?: string[] } & Record<string, string>;
    for (const side of [base, head]) if (side !== undefined) words(side);
    // A load in the place of a scenario, against the broker of each side.
    const [load = '', ...own] = operands;
    if (isLoad(load)) {
      await planOf(load, own, folder);
      return;
    }
    const passedOn = [
      ...(quick ? ['--quick'] : []),
      ...(only ? ['--only', only] : []),
      ...set.flatMap((one) => ['--set', one]),
    ];
    await dryRun([...operands, ...passedOn], folder);
  },
  lab: (args, folder) => readLab(args, folder),
} satisfies Record<string, (args: readonly string[], folder: string) => Promise<void>>;

async function readLab(args: readonly string[], folder: string): Promise<void> {
  if (args[0] === 'profiles') return succeeds(['lab', ...args], folder);
  const { name, operands, flags } = await parsed(['lab', ...args], folder);
  if (name === 'event') parseEvent(operands, flags);
  else if (name === 'measure') for (const link of operands) parseNetem(link);
  else if (name !== 'status') specOf(fakeEnvironment(folder), flags as unknown as LabFlags);
  // What runs inside is a command as well.
  if (name === 'exec' && operands[1] === 'mqbench') await readCommand(operands.slice(2), folder);
}

/** What a command that makes load would do. Words of other tools are no words for the documentation. */
export async function planOf(name: LoadCommand, args: readonly string[], folder: string): Promise<LoadPlan> {
  const { argv, notes } = readLine(name, args);
  if (notes.length > 0) throw new Error(notes.join('\n'));
  let seen: LoadPlan | undefined;
  const command = loadCommand(fakeEnvironment(folder), name, '', async (_env, _name, plan) => {
    seen = plan;
  });
  await command.exitOverride().parseAsync([...argv], { from: 'user' });
  if (seen === undefined) throw new Error('nothing would run');
  return seen;
}

interface Parsed {
  readonly name: string;
  readonly operands: string[];
  readonly flags: Readonly<Record<string, string>>;
}

/** By the program's own parser, without what the command would do. */
async function parsed(argv: readonly string[], folder: string): Promise<Parsed> {
  const env = fakeEnvironment(folder);
  const program = await buildProgram(env, argv[0]);
  let found: Parsed | undefined;
  const visit = (command: Command): void => {
    if (command.commands.length === 0) {
      command.action(() => {
        found = { name: command.name(), operands: command.args, flags: command.opts() };
      });
    }
    for (const child of command.commands) visit(child);
  };
  visit(program);
  await program.parseAsync([...argv], { from: 'user' }).catch((error: Error) => {
    throw new Error(`${error.message}\n${env.err()}`);
  });
  if (found === undefined) throw new Error('nothing would run');
  return found;
}

/** The whole check of a run: the file, its expectations, and whether this machine can. */
async function dryRun(args: readonly string[], folder: string): Promise<void> {
  const { code, stderr } = await runCli(['run', ...args, '--dry-run'], { cwd: folder });
  const isMachine = code === 3 && / clients need /.test(stderr);
  if (code !== 0 && !isMachine) throw new Error(`exit code ${code}: ${stderr}`);
}

async function succeeds(args: readonly string[], folder: string, codes: readonly number[] = [0]): Promise<void> {
  const { code, stderr } = await runCli(args, { cwd: folder });
  if (!codes.includes(code as number)) throw new Error(`exit code ${code}: ${stderr}`);
}
