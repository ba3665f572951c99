import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { agentFile, keyFiles, writeKeys } from '../../agents/nats/server/folder.js';
import { agentNames, makeKeyring } from '../../agents/nats/server/keyring.js';
import { formatCounted } from '../../base/units.js';
import type { Environment } from '../environment.js';
import { collect, usage, whole } from '../options/parsers.js';
import { addOptions, type FlagsOf, rows } from '../options/rows.js';

const examples = `
Examples:
  mqbench agents-keys keys --agents 3 --host load.example
  mqbench agents-keys keys --agents 50 --host nats --bind 0.0.0.0 --at /keys
One key for each agent, which lets it speak for itself alone, one for who runs loads, and a certificate of the server.
nats-server starts with the configuration that is made with them, and so does --agents listen with --agents-creds FOLDER.`;

const keysRows = rows({
  agents: ['--agents <n>', 'how many agents there may be: agent-1, agent-2, …', whole(1, 10_000), 3],
  host: [
    '--host <name>',
    'name or address by which agents reach the server, for its certificate; the first is the one that they dial (repeatable; default: the name of this machine)',
    collect,
  ],
  port: ['--port <n>', 'of the server', whole(1, 65_535), 4222],
  bind: ['--bind <address>', 'where the server listens; 0.0.0.0 is everywhere', undefined, '127.0.0.1'],
  at: ['--at <folder>', 'where the server will find cert.pem and key.pem (default: where they are made)'],
  days: ['--days <n>', 'how long the certificate is valid', whole(1, 3650), 365],
});
type Flags = FlagsOf<typeof keysRows>;

/** `mqbench agents-keys`: keys and certificate for a NATS server that outlives runs. */
export function command(env: Environment): Command {
  return addOptions(new Command('agents-keys').argument('<folder>', 'a new one'), keysRows)
    .addHelpText('after', examples)
    .action((folder: string, flags: Flags) => make(env, folder, flags));
}

async function make(env: Environment, folder: string, flags: Flags): Promise<void> {
  const { agents: count, host: hosts = [hostname()], port, bind, at, days } = flags;
  const wrong = [...hosts, bind].filter((one) => isIP(one) === 0 && !/^[\w-]+(\.[\w-]+)*\.?$/.test(one));
  if (wrong.length > 0)
    throw usage(
      `no name or address of a machine: ${wrong.map((one) => `"${one}"`).join(', ')}`,
      'write it like load.example or 10.0.0.1, without nats:// and without a port',
    );
  const [dialled = ''] = hosts;
  const names = agentNames(count);
  const url = `tls://${dialled.includes(':') ? `[${dialled}]` : dialled}:${port}`;
  const keyring = await makeKeyring(names, hosts, days);
  const files = at === undefined ? undefined : { cert: join(at, keyFiles.cert), key: join(at, keyFiles.key) };
  await writeKeys(resolve(env.cwd, folder), keyring, { url, listening: { host: bind, port }, files });
  env.stdout.write(`${told(folder, url, names, bind).join('\n')}\n`);
}

/** What was made, and what is done with it. */
function told(folder: string, url: string, names: readonly string[], bind: string): string[] {
  const first = agentFile(names[0] ?? '');
  const last = names.length > 1 ? ` … ${agentFile(names.at(-1) ?? '')}` : '';
  return [
    `${folder} has keys of ${formatCounted(names.length, 'agent')} and of a coordinator; whoever has one is that agent`,
    `server  nats-server -c ${join(folder, keyFiles.server)}${bind === '127.0.0.1' ? '   (listens on loopback alone: --bind)' : ''}`,
    `agent   mqbench agent --join ${url} --creds FILE   with a FILE of its own: ${first}${last}`,
    `run     mqbench pub … --agents ${url} --agents-creds ${join(folder, keyFiles.coordinator)}`,
  ];
}
