import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { parseDuration } from '../../base/units.js';
import type { Impairment, LabBackend, LabSpec, LinkProfile } from '../../lab/contract.js';
import { defaultLabName } from '../../lab/control.js';
import { parseTrace } from '../../lab/emulator/elements/trace.js';
import { parseNetem } from '../../lab/netem/parse.js';
import { profileFromWords } from '../../lab/profiles.js';
import { checkProfile } from '../../lab/validate.js';
import type { Environment } from '../environment.js';
import { readText, whole } from '../parsers.js';

export interface LabFlags {
  readonly name: string;
  readonly profile?: string;
  readonly rtt?: number;
  readonly up?: string;
  readonly down?: string;
  readonly traceUp?: string;
  readonly traceDown?: string;
  readonly mtu?: number;
  readonly clients: number;
  readonly sharedNat?: boolean;
  readonly natDrop?: boolean;
  readonly backend?: LabBackend;
  readonly seed: number;
  readonly capture?: string;
  readonly balancer?: boolean;
}

/** The options of every command that may make a lab. */
export function labOptions(command: Command): Command {
  return command
    .option('--name <name>', 'name of the lab', defaultLabName)
    .option('--profile <name>', 'a named network (mqbench lab profiles), or tc-netem(8) words for both directions')
    .option(
      '--rtt <time>',
      'round-trip time; each direction is delayed by half of it, whatever the profile says',
      duration,
    )
    .option('--up <netem>', 'link from client to server in the words of tc-netem(8), e.g. "delay 15ms loss 1%"')
    .option('--down <netem>', 'the same from server to client')
    .option(
      '--trace-up <file>',
      'from client to server play a recorded link (mahimahi’s format) instead of a rate; backend tun',
    )
    .option('--trace-down <file>', 'the same from server to client')
    .option('--mtu <bytes>', 'largest packet of the link, 576 to 9000', whole(576, 9000))
    .option('--clients <n>', 'client addresses, each with an outer address of its own', whole(1, 5000), 1)
    .option('--shared-nat', 'one outer address for all clients')
    .option('--nat-drop', 'the NAT drops TCP packets of connections it does not know, instead of forwarding them')
    .addOption(
      new Option('--backend <name>', 'netem or tun (default: netem where the kernel has it)').choices(['netem', 'tun']),
    )
    .option('--seed <n>', 'seed of the emulator’s randomness', whole(0, 0xffffffff), 1)
    .option('--capture <folder>', 'write every packet at both ends of the link as pcapng; backend tun')
    .option('--balancer', 'two brokers behind one address; a balancer chooses by the client’s address and port');
}

const duration = (text: string): number => parseDuration(text);

/** @throws MQB_LAB_PROFILE, MQB_LAB_TRACE, MQB_USAGE; all with exit code 2 */
export function specOf(env: Environment, flags: LabFlags): LabSpec {
  const profile = profileOf(env, flags);
  checkProfile(profile);
  return {
    profile,
    seed: flags.seed,
    backend: flags.backend,
    clientAddresses: flags.clients,
    nat: { shared: flags.sharedNat ?? false, unknownFlows: flags.natDrop ? 'drop' : 'forward' },
    captureTo: flags.capture === undefined ? undefined : resolve(env.cwd, flags.capture),
    balancer: flags.balancer ?? false,
  };
}

function profileOf(env: Environment, flags: LabFlags): LinkProfile {
  const base: LinkProfile = flags.profile === undefined ? { up: {}, down: {} } : profileFromWords(flags.profile);
  const half = flags.rtt === undefined ? {} : { delayMicros: flags.rtt / 2 };
  const direction = (own: Impairment, words: string | undefined, traceFile: string | undefined): Impairment => {
    const merged = { ...own, ...half, ...(words === undefined ? {} : parseNetem(words)) };
    if (traceFile === undefined) return merged;
    const { rateBits: _, ...rest } = merged; // the recording says when packets leave
    return { ...rest, trace: parseTrace(readText(env.cwd, traceFile), traceFile) };
  };
  return {
    up: direction(base.up, flags.up, flags.traceUp),
    down: direction(base.down, flags.down, flags.traceDown),
    ...(flags.mtu === undefined ? {} : { mtu: flags.mtu }),
  };
}
