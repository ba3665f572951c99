import { resolve } from 'node:path';
import { readText } from '../../base/read-file.js';
import { parseDuration } from '../../base/units.js';
import type { Impairment, LabSpec, LinkProfile } from '../../lab/contract.js';
import { defaultLabName } from '../../lab/control.js';
import { parseTrace } from '../../lab/emulator/elements/trace.js';
import { eventOptions } from '../../lab/events/words.js';
import { parseNetem } from '../../lab/netem/parse.js';
import { namedProfiles, profileFromWords } from '../../lab/profiles.js';
import { checkProfile } from '../../lab/validate.js';
import type { Environment } from '../environment.js';
import { offering, oneOf, whole } from '../options/parsers.js';
import { type FlagsOf, type OptionRows, rows } from '../options/rows.js';
import { jsonRow } from '../options/shared.js';

const nameRow = ['--name <name>', 'name of the lab', undefined, defaultLabName] as const;
const backendRow = [
  '--backend <name>',
  'netem or tun (default: netem where the kernel has it)',
  oneOf('netem', 'tun'),
] as const;

/** The options of every command that may make a lab. */
export const labRows = rows({
  name: nameRow,
  profile: [
    '--profile <name>',
    'a named network (mqbench lab profiles), or tc-netem(8) words for both directions',
    offering([...namedProfiles().keys()], (text) => text),
  ],
  rtt: [
    '--rtt <time>',
    'round-trip time; each direction is delayed by half of it, whatever the profile says',
    (text) => parseDuration(text),
  ],
  up: ['--up <netem>', 'link from client to server in the words of tc-netem(8), e.g. "delay 15ms loss 1%"'],
  down: ['--down <netem>', 'the same from server to client'],
  traceUp: [
    '--trace-up <file>',
    'from client to server play a recorded link (mahimahi’s format) instead of a rate; backend tun',
  ],
  traceDown: ['--trace-down <file>', 'the same from server to client'],
  mtu: ['--mtu <bytes>', 'largest packet of the link, 576 to 9000', whole(576, 9000)],
  clients: ['--clients <n>', 'client addresses, each with an outer address of its own', whole(1, 5000), 1],
  sharedNat: ['--shared-nat', 'one outer address for all clients'],
  natDrop: ['--nat-drop', 'the NAT drops TCP packets of connections it does not know, instead of forwarding them'],
  backend: backendRow,
  seed: ['--seed <n>', 'seed of the emulator’s randomness', whole(0, 0xffffffff), 1],
  capture: ['--capture <folder>', 'write every packet at both ends of the link as pcapng; backend tun'],
  balancer: ['--balancer', 'two brokers behind one address; a balancer chooses by the client’s address and port'],
});
export type LabFlags = FlagsOf<typeof labRows>;

export const upRows = rows({
  hold: ['--hold', 'hold the lab until it is interrupted; that is the default, and the option only says so in scripts'],
});

export const statusRows = rows({ name: ['--name <name>', 'only the lab of this name'], json: jsonRow });

export const measureRows = rows({
  backend: backendRow,
  packets: ['--packets <n>', 'datagrams sent over each link, one every 2 ms', whole(1, 1_000_000), 1000],
  json: jsonRow,
});

/** What the kinds of events take beside their words. */
export const eventRows: OptionRows = rows({
  name: nameRow,
  ...Object.fromEntries(
    eventOptions().map(({ name, unit, description, example, choices, kinds }) => {
      const says = description.charAt(0).toLowerCase() + description.slice(1, -1);
      const like = choices ? `; one of ${choices.join(', ')}` : `, e.g. ${example}`;
      const flags = `--${name} <${choices ? name : unit}>`;
      return [name, [flags, `${says}${like} (${kinds.join(', ')})`, choices && offering(choices, (text) => text)]];
    }),
  ),
});

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
    mtu: flags.mtu,
  };
}
