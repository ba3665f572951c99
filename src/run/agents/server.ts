import { hostname } from 'node:os';
import type { NatsCredentials } from '../../agents/nats/channel.js';
import { usageError } from '../../base/errors.js';
import { type AgentsAsked, listenOf } from './asked.js';

/** A NATS server that a run can use. */
export interface ServerInUse {
  readonly url: string;
  readonly credentials?: NatsCredentials | undefined;
  close(): Promise<void>;
}

/** Agents that keys are made for when nobody says how many there will be. */
const usualAgents = 4;
const usualPort = 4222;

/**
 * The server that was asked for: one that is there, or one that is started, whose join commands are noted.
 * @throws MQB_CREDENTIALS, MQB_USAGE, MQB_NATS_START, MQB_PORT_IN_USE
 */
export async function openServer(asked: AgentsAsked, note: (line: string) => void): Promise<ServerInUse> {
  const listening = listenOf(asked.url);
  if (listening !== undefined) return startServer(asked, listening, note);
  const { url, credentials: file } = asked;
  const close = async (): Promise<void> => {};
  if (file === undefined) return { url, close };
  const { readCredentials } = await import('../../agents/nats/server/credentials.js');
  return { url, credentials: readCredentials(file, '/', 'coordinator'), close };
}

async function startServer(
  { min = usualAgents, credentials: folder }: AgentsAsked,
  { host, port = usualPort }: { readonly host: string | undefined; readonly port: number | undefined },
  note: (line: string) => void,
): Promise<ServerInUse> {
  const [{ makeKeyring, agentNames }, { readKeys }, { startNatsServer }, { joinLines }] = await Promise.all([
    import('../../agents/nats/server/keyring.js'),
    import('../../agents/nats/server/folder.js'),
    import('../../agents/nats/server/server.js'),
    import('../../agents/nats/server/join-lines.js'),
  ]);
  if (port > 65_535)
    throw usageError('MQB_USAGE', `--agents listen: ${port} is no port`, 'write it like listen:10.0.0.1:4222');
  const isAny = host === '0.0.0.0' || host === '::';
  const dialled = isAny ? hostname() : host;
  const keyring =
    folder === undefined
      ? await makeKeyring(agentNames(min), dialled === undefined ? [] : [dialled])
      : await readKeys(folder);
  const server = await startNatsServer({ keyring, port, ...(host === undefined ? {} : { host, dialled }) });
  server.failed.catch(() => {}); // the connection to it is lost, which is told
  for (const line of joinLines(server, folder)) note(line);
  // The run itself is on the machine of the server.
  const url = isAny ? server.url.replace(/\/\/.*:/, '//127.0.0.1:') : server.url;
  return { url, credentials: server.coordinator, close: () => server.close() };
}
