import { credentialsWord } from './credentials.js';
import type { NatsServer } from './server.js';

/**
 * What a person copies to the machines that are to join: a command for each agent, with its credentials in it.
 * @param folder of keys that these agents have already; undefined: the keys are good for this run alone
 */
export function joinLines({ url, version, agents }: NatsServer, folder?: string): string[] {
  const where = `nats-server ${version} listens on ${url}`;
  if (folder !== undefined) return [`${where} with the keys of ${folder}`];
  return [
    `${where}; on each machine one of these, which are good for this run:`,
    ...agents.map((one) => `  mqbench agent --join ${url} --creds ${credentialsWord(one)}`),
  ];
}
