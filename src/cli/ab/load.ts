import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Spawn, spawnMaster } from '../../base/process/child.js';
import { commandBroker } from '../../run/brokers/command.js';
import { freePort } from '../../run/brokers/ports.js';
import { brokerHere } from '../../scenario/resolve/brokers.js';
import { type Address, isEncrypted, type TransportName } from '../../transport/contract.js';
import { throwAwayCertificates } from '../../transport/tls/certs.js';
import { formatBrokerUrl, parseBrokerUrl } from '../../transport/url.js';
import { time, usage } from '../options/parsers.js';
import type { ScenarioFlags } from '../options/shared.js';
import { isOfBrokers } from './brokers.js';
import { runOnce, type Work } from './rounds.js';

const host = '127.0.0.1';

/** Made when it is first asked for. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** What `--duration` says, microseconds; a run takes at least that. @throws MQB_USAGE */
function durationIn(words: readonly string[]): number | undefined {
  const at = words.findIndex((word) => /^--duration(=|$)/.test(word));
  const [, text = words[at + 1]] = /^--duration=(.*)/.exec(words[at] ?? '') ?? [];
  return at === -1 || text === undefined ? undefined : time('s')(text);
}

/**
 * A load by hand instead of a scenario: `pubsub --rate 1000`, against the broker of the side. A URL right behind the command
 * says over which transport; where it leads is the broker's choice.
 * @throws MQB_USAGE when the sides are no brokers, or for what only a scenario has
 */
export function loadWork(words: readonly string[], flags: ScenarioFlags & Parameters<typeof isOfBrokers>[0]): Work {
  const [name = '', first = '', ...others] = words;
  if (!isOfBrokers(flags))
    throw usage(`${name} needs --broker-base and --broker-head: builds of mqbench are compared by a scenario`);
  for (const flag of ['quick', 'only', 'set'] as const)
    if (flags[flag] !== undefined) throw usage(`--${flag} is of scenarios, and ${name} is none`);
  const url = first === '' || first.startsWith('-') ? undefined : first;
  const transport: TransportName = url === undefined ? 'tcp' : parseBrokerUrl(url).transport;
  const own = words.slice(url === undefined ? 1 : 2);
  for (const word of others) if (/^--(json|seed)(=|$)/.test(word)) throw usage(`${word} is said by ab, for each round`);
  // One port and one certificate for all rounds: what differs between the sides is to be the broker.
  const shared = once(async () => ({ port: await freePort(), certificates: await throwAwayCertificates([host]) }));
  return {
    estimate: durationIn(words),
    isLeast: true,
    shortenedBy: '--rounds and --duration',
    inLab: false,
    once: async (build, { seed, folder }, cwd, signal) => {
      if (build.broker === undefined) throw new Error('this side is no broker');
      const { port, certificates } = await shared();
      const spawn: Spawn = (command, args, options) => spawnMaster(command, args, { ...options, cwd });
      const site = { transport, host, inLab: false, spawn, certificates, signal };
      const described = brokerHere(build.broker);
      const listens =
        described.listens[transport] === 'free' ? { ...described.listens, [transport]: port } : described.listens;
      const broker = await commandBroker({ ...described, listens }, site);
      try {
        const address = broker.ready.addresses[transport] as Address;
        const ca = join(folder, '..', 'ca.pem');
        const trust = isEncrypted(transport) ? ['--ca', ca] : [];
        if (trust.length > 0) await writeFile(ca, broker.ready.ca ?? '');
        const args = [name, formatBrokerUrl(transport, host, address.port), ...own, ...trust];
        const told = ['--seed', String(seed), '--json', join(folder, `${seed}.json`), '--quiet'];
        await runOnce({ name: build.name, command: build.command }, [...args, ...told], cwd, signal);
      } finally {
        await broker.close();
      }
    },
  };
}
