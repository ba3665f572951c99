import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnMaster } from '../../base/process/child.js';
import { commandBroker } from '../../run/brokers/command.js';
import { brokerHere } from '../../scenario/resolve/brokers.js';
import type { TransportName } from '../../transport/contract.js';
import { formatBrokerUrl, parseBrokerUrl } from '../../transport/url.js';
import { usage } from '../options/parsers.js';
import type { ScenarioFlags } from '../options/shared.js';
import type { Work } from './ab.js';
import { isOfBrokers } from './brokers.js';
import { runOnce } from './rounds.js';

const host = '127.0.0.1';

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
  return {
    estimate: undefined,
    once: async (build, { seed, folder }, cwd, signal) => {
      if (build.broker === undefined) throw new Error('this side is no broker');
      const site = { transport, host, inLab: false, spawn: spawnMaster, signal };
      const broker = await commandBroker(brokerHere(build.broker), site);
      try {
        const { port } = broker.ready.addresses[transport] as { port: number };
        const file = join(folder, String(seed));
        const trust = transport === 'tcp' || transport === 'ws' ? [] : ['--ca', `${file}.pem`];
        if (trust.length > 0) await writeFile(`${file}.pem`, broker.ready.ca ?? '');
        const args = [name, formatBrokerUrl(transport, host, port), ...own, ...trust];
        const told = ['--seed', String(seed), '--json', `${file}.json`, '--quiet'];
        await runOnce({ name: build.name, command: build.command }, [...args, ...told], cwd, signal);
      } finally {
        await broker.close();
      }
    },
  };
}
