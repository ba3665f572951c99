import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { messageOf } from '../../base/errors.js';
import type { LoadPlan } from '../../plan/plan.js';
import { parseBrokerUrl, withoutUrlSecrets } from '../../transport/url.js';
import type { Environment } from '../environment.js';
import { usage } from '../options/parsers.js';
import { addOptions } from '../options/rows.js';
import type { LoadCommand, LoadFlags } from './options/flags.js';
import { loadOptions } from './options/options.js';
import { planOf } from './plan/plan.js';
import { runLoad } from './run.js';

/** What is done with a command line that has been read. */
export type Act = (env: Environment, name: LoadCommand, plan: LoadPlan, flags: LoadFlags) => Promise<void>;

/** A command that makes load, with those of the options that it has. */
export function loadCommand(env: Environment, name: LoadCommand, examples: string, act: Act = runLoad): Command {
  return addOptions(new Command(name), loadOptions)
    .argument(
      '[url]',
      'broker, e.g. mqtt://host, mqtts://host:8883, ws://host/mqtt, quic://host (instead of -h and -p)',
    )
    .addHelpText('after', examples)
    .action(async (url: string | undefined, _flags: LoadFlags, self: Command) => {
      const flags = { ...defaults(), ...self.opts<LoadFlags>() };
      const given = new Set(Object.keys(flags).filter((key) => self.getOptionValueSource(key) === 'cli'));
      await checkHost(url, env.cwd);
      const plan = planOf(name, url, flags, given, env.cwd);
      await checkCongestionControl(plan.target.congestionControl);
      await act(env, name, withKeyLog(env, plan), flags);
    });
}

/** SSLKEYLOGFILE is what browsers and curl call the file from which Wireshark decrypts. */
function withKeyLog({ variables: { SSLKEYLOGFILE: file = '' }, cwd }: Environment, plan: LoadPlan): LoadPlan {
  return file === ''
    ? plan
    : { ...plan, target: { ...plan.target, tls: { ...plan.target.tls, keyLogFile: resolve(cwd, file) } } };
}

/**
 * A bare word is a broker only when there is a host of that name: else it was meant for something else. What has a dot or a
 * port is taken for a broker, unless it is a file; that its name is not known is then a failure of the run, as with -h.
 */
async function checkHost(url: string | undefined, cwd: string): Promise<void> {
  if (url === undefined || url.includes('://')) return;
  const { host } = parseBrokerUrl(url);
  if (/[.:]/.test(url) && !existsSync(resolve(cwd, url))) return;
  try {
    await lookup(host);
  } catch {
    throw usage(
      `"${withoutUrlSecrets(url)}" is not the URL of a broker: no host of that name is known here`,
      'write it like mqtt://host:1883; what belongs to an option stands right behind it',
    );
  }
}

/** That the kernel has it; which QUIC has is known without asking. */
async function checkCongestionControl(name: string | undefined): Promise<void> {
  if (name === undefined) return;
  const { congestionControlsHere, tryCongestionControl } = await import('../../transport/tcp/options.js');
  try {
    await tryCongestionControl(name);
  } catch (error) {
    const loaded = congestionControlsHere();
    throw usage(
      `--cc: ${messageOf(error)}`,
      loaded === '' ? undefined : `the kernel has ${loaded}; others are modules: modprobe tcp_NAME`,
    );
  }
}

/** Of options that a command does not have, so that the plan can be built alike for all. */
function defaults(): Partial<LoadFlags> {
  return Object.fromEntries(Object.entries(loadOptions).map(([key, { usual }]) => [key, usual]));
}
